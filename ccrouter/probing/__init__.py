"""What is asked of providers outside of the clients' requests: are they there, which models have they, do they answer.

The one engine behind `ccr model test`, `ccr model fetch`, `ccr provider`, `ccr doctor`, `GET /health?deep` and
`GET /test-connection`. All that can be tested of a provider, and whose fault a failure is:

    probe = await probe_provider(service, "deepseek")
    probe.failure  # None, or a Cause: key, URL, network, model, …, with `line`: what is wrong and what to do
"""

"""What is asked of providers outside of the clients' requests: are they there, which models have they, do they answer.

The one engine behind `ccr model test`, `ccr model fetch`, `ccr doctor`, `GET /health?deep` and `GET /test-connection`.
"""

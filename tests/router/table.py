"""The routing table: one row a case, each with the route it must take and the reason told."""

from dataclasses import dataclass, field, replace

from ccrouter.config.types import RouterConfig, Target
from ccrouter.model.request import Request, Tool
from ccrouter.router import Facts, KnownTargets
from tests.router.requests import (
    ALL_ROUTES,
    BACKGROUND,
    CLASSIFIER,
    DEFAULT,
    ENVIRONMENT,
    FULL_PLAN,
    HAIKU,
    IMAGE,
    LONG,
    ONLY_DEFAULT,
    PICTURE,
    PLAN_EXIT,
    SEARCH,
    SHORT_PLAN,
    THINK,
    TOOLS,
    assistant,
    call,
    classed,
    facts,
    main,
    probe,
    result,
    safety_check,
    search_helper,
    title,
    user,
)

SEARCH_TOOL = Tool("web_search", type="web_search_20250305")
REASONER = "deepseek,deepseek-reasoner"


@dataclass(frozen=True)
class Row:
    name: str
    request: Request
    scenario: str
    target: Target
    reason: str
    facts: Facts = field(default_factory=facts)
    router: RouterConfig = ALL_ROUTES
    providers: KnownTargets = field(default_factory=KnownTargets)


ROWS = [
    # explicit
    Row(
        "explicit", main(model="deepseek,deepseek-chat"), "explicit", DEFAULT,
        "the client asked for deepseek,deepseek-chat",
    ),
    Row(
        "explicit beats plan mode, effort, image, length", main(user(FULL_PLAN, PICTURE), model=REASONER, effort="max"),
        "explicit", THINK, "the client asked for deepseek,deepseek-reasoner", facts(900_000),
    ),
    Row(
        "explicit beats the auxiliary class: the /model probe", probe("openrouter,z-ai/glm-4.5v"), "explicit", IMAGE,
        "the client asked for openrouter,z-ai/glm-4.5v", facts(10, headers=classed("auxiliary")),
    ),
    Row(
        "explicit model that its provider does not list", main(model="ollama,haiku-of-mine"), "explicit",
        Target("ollama", "haiku-of-mine"), "the client asked for ollama,haiku-of-mine",
    ),
    Row(
        "picker id", main(model="anthropic/openrouter,anthropic/claude-sonnet-4"), "explicit",
        Target("openrouter", "anthropic/claude-sonnet-4"), "the client asked for openrouter,anthropic/claude-sonnet-4",
    ),
    # explicit, but the model cannot serve it
    Row(
        "search helper on a model without search", search_helper(REASONER), "webSearch", SEARCH,
        "deepseek,deepseek-reasoner was asked for but has no web search of its own; a search goes to Router.webSearch",
    ),
    Row(
        "search helper on a model with search", search_helper(REASONER), "explicit", THINK,
        "the client asked for deepseek,deepseek-reasoner", providers=KnownTargets(searching=frozenset({THINK})),
    ),
    Row(
        "search helper without a search route", search_helper(REASONER), "explicit", THINK,
        "the client asked for deepseek,deepseek-reasoner", router=ONLY_DEFAULT,
    ),
    Row(
        "a search tool among others stays explicit", replace(main(model=REASONER), tools=(*TOOLS, SEARCH_TOOL)),
        "explicit", THINK, "the client asked for deepseek,deepseek-reasoner",
    ),
    Row(
        "larger than the window", main(model=REASONER), "longContext", LONG,
        "the client asked for deepseek,deepseek-reasoner, but 140,000 tokens do not fit deepseek,deepseek-reasoner "
        "(131,072); to Router.longContext",
        facts(140_000), providers=KnownTargets(windows={THINK: 131_072}),
    ),
    Row(
        "larger than the window, longContext larger still", main(model=REASONER), "longContext", LONG,
        "the client asked for deepseek,deepseek-reasoner, but 140,000 tokens do not fit deepseek,deepseek-reasoner "
        "(131,072); to Router.longContext",
        facts(140_000), providers=KnownTargets(windows={THINK: 131_072, LONG: 1_000_000}),
    ),
    Row(
        "larger than the window, longContext no larger", main(model=REASONER), "explicit", THINK,
        "the client asked for deepseek,deepseek-reasoner", facts(140_000),
        providers=KnownTargets(windows={THINK: 131_072, LONG: 131_072}),
    ),
    Row(
        "larger than the window, no longContext", main(model=REASONER), "explicit", THINK,
        "the client asked for deepseek,deepseek-reasoner", facts(140_000), ONLY_DEFAULT,
        KnownTargets(windows={THINK: 131_072}),
    ),
    Row(
        "default's own window counts too", main(), "longContext", LONG,
        "an ordinary request, but 40,000 tokens do not fit deepseek,deepseek-chat (32,768); to Router.longContext",
        facts(40_000), providers=KnownTargets(windows={DEFAULT: 32_768}),
    ),
    # classifier
    Row(
        "safety check", safety_check(), "classifier", CLASSIFIER, "auto mode's safety check of a tool call",
        facts(36_000, headers=classed("auxiliary")),
    ),
    Row(
        "safety check without hints", safety_check(), "classifier", CLASSIFIER,
        "auto mode's safety check of a tool call",
    ),
    Row(
        "safety check without stop sequences (the client's fast mode)", safety_check(stops=None), "classifier",
        CLASSIFIER, "auto mode's safety check of a tool call",
    ),
    Row(
        "safety check whose prompt was rewritten", replace(safety_check(stops=("</block>",)), system="Judge."),
        "classifier", CLASSIFIER, "auto mode's safety check of a tool call",
    ),
    Row(
        "safety check, long", safety_check(), "classifier", CLASSIFIER, "auto mode's safety check of a tool call",
        facts(90_000),
    ),
    Row(
        "safety check on haiku without a route is never background", safety_check(HAIKU), "classifier", DEFAULT,
        "auto mode's safety check of a tool call; Router.classifier is not configured, so Router.default",
        facts(headers=classed("auxiliary")), replace(ALL_ROUTES, classifier=None),
    ),
    Row(
        "safety check once more on the session's model", safety_check(REASONER), "explicit", THINK,
        "the client asked for deepseek,deepseek-reasoner",
    ),
    Row(
        "an agent that calls itself a security monitor has tools", replace(safety_check(), tools=TOOLS), "default",
        DEFAULT, "an ordinary request",
    ),
    Row(
        "a subagent with such a prompt", safety_check(stops=None), "default", DEFAULT, "an ordinary request",
        facts(headers=classed("subagent")),
    ),
    # longContext
    Row("long", main(), "longContext", LONG, "90,000 tokens, over the threshold of 60,000", facts(90_000)),
    Row("as long as the threshold", main(), "default", DEFAULT, "an ordinary request", facts(60_000)),
    Row(
        "long by an own threshold", main(), "longContext", LONG, "20,001 tokens, over the threshold of 20,000",
        facts(20_001), replace(ALL_ROUTES, long_context_threshold=20_000),
    ),
    Row(
        "after a long prompt", main(), "longContext", LONG,
        "25,000 tokens after a prompt of 70,000, which was over the threshold of 60,000", facts(25_000, last=70_000),
    ),
    Row("after a long prompt, short", main(), "default", DEFAULT, "an ordinary request", facts(20_000, last=70_000)),
    Row("after a prompt at the limit", main(), "default", DEFAULT, "an ordinary request", facts(25_000, last=60_000)),
    Row(
        "long beats background and think", main(user(FULL_PLAN), model=HAIKU), "longContext", LONG,
        "90,000 tokens, over the threshold of 60,000", facts(90_000),
    ),
    Row(
        "known to be long, without a route", main(), "default", DEFAULT,
        "the session's last prompt had 70,000 tokens; Router.longContext is not configured, so Router.default",
        facts(90_000, last=70_000), ONLY_DEFAULT,
    ),
    # webSearch
    Row(
        "web search", search_helper(), "webSearch", SEARCH, "the server tool web_search_20250305 is on offer",
        facts(headers=classed("auxiliary")),
    ),
    Row(
        "web search beats haiku", search_helper(HAIKU), "webSearch", SEARCH,
        "the server tool web_search_20250305 is on offer",
    ),
    Row(
        "web search among other tools", replace(main(), tools=(*TOOLS, Tool("w", type="web_search_20260209"))),
        "webSearch", SEARCH, "the server tool web_search_20260209 is on offer",
    ),
    Row(
        "web search without a route is not background", search_helper(), "default", DEFAULT,
        "the server tool web_search_20250305 is on offer; Router.webSearch is not configured, so Router.default",
        facts(headers=classed("auxiliary")), replace(ALL_ROUTES, web_search=None),
    ),
    Row(
        "a client tool called web_search is no search", replace(main(), tools=(Tool("web_search", "…", {}),)),
        "default", DEFAULT, "an ordinary request",
    ),
    # background
    Row(
        "title", title(), "background", BACKGROUND, f"the model asked for is haiku-tier ({HAIKU})",
        facts(headers=classed("auxiliary")),
    ),
    Row(
        "--model haiku", main(model=HAIKU), "background", BACKGROUND, f"the model asked for is haiku-tier ({HAIKU})",
        facts(headers=classed("main")),
    ),
    Row(
        "haiku in any case", main(model="Claude-HAIKU-9"), "background", BACKGROUND,
        "the model asked for is haiku-tier (Claude-HAIKU-9)",
    ),
    Row(
        "auxiliary work on the main model", replace(title(), model="claude-opus-5"), "background", BACKGROUND,
        "the client calls it auxiliary work", facts(headers=classed("Auxiliary")),
    ),
    Row(
        "auxiliary work that asks for another server tool",
        replace(title(), model="claude-opus-5", tools=(Tool("web_fetch", type="web_fetch_20250910"),)),
        "default", DEFAULT, "an ordinary request", facts(headers=classed("auxiliary")),
    ),
    Row(
        "a title without hints, as 2.1.197 asks for it", replace(title(), model="claude-opus-5"), "background",
        BACKGROUND, "it asks for the session's title",
    ),
    Row(
        "a title that the client calls main work", replace(title(), model="claude-opus-5"), "default", DEFAULT,
        "an ordinary request", facts(headers=classed("main")),
    ),
    Row(
        "another JSON answer without hints",
        replace(title(), model="claude-opus-5", extras={"output_config": {"format": {"type": "json_schema"}}}),
        "default", DEFAULT, "an ordinary request",
    ),
    Row(
        "compaction is main work", main(model=HAIKU), "default", DEFAULT, "an ordinary request",
        facts(headers=classed("compaction")),
    ),
    Row(
        "background beats image and think", main(user(PICTURE, FULL_PLAN), model=HAIKU, thinking="enabled"),
        "background", BACKGROUND, f"the model asked for is haiku-tier ({HAIKU})",
    ),
    Row(
        "background without a route does not think", main(model=HAIKU, thinking="enabled"), "default", DEFAULT,
        f"the model asked for is haiku-tier ({HAIKU}); Router.background is not configured, so Router.default",
        router=replace(ALL_ROUTES, background=None),
    ),
    # image
    Row("image", main(user("What is this?", PICTURE), ENVIRONMENT), "image", IMAGE, "an image in the current turn"),
    Row(
        "image in a tool's result", main(user("Read a.png"), call(), user(result(PICTURE))), "image", IMAGE,
        "an image in the current turn",
    ),
    Row(
        "image further back in the same turn", main(user("Fix it", PICTURE), call(), user(result("text"))), "image",
        IMAGE, "an image in the current turn",
    ),
    Row(
        "image beats think", main(user("Fix it", PICTURE), thinking="enabled"), "image", IMAGE,
        "an image in the current turn",
    ),
    Row(
        "image of an earlier turn", main(user("What?", PICTURE), assistant("A cat."), user("Thanks")), "default",
        DEFAULT, "an ordinary request",
    ),
    Row(
        "image without a route", main(user("What?", PICTURE)), "default", DEFAULT, "an ordinary request",
        router=replace(ALL_ROUTES, image=None),
    ),
    # think
    Row("thinking enabled", main(thinking="enabled"), "think", THINK, "thinking is enabled"),
    Row("thinking adaptive", main(), "default", DEFAULT, "an ordinary request"),
    Row("thinking disabled", main(thinking="disabled"), "default", DEFAULT, "an ordinary request"),
    Row("plan mode", main(user("Plan it.", FULL_PLAN), ENVIRONMENT), "think", THINK, "plan mode is active"),
    Row(
        "plan mode in a system message", main(user("Plan it."), replace(ENVIRONMENT, content=FULL_PLAN)), "think",
        THINK, "plan mode is active",
    ),
    Row(
        "plan mode in a system message before the user's",
        main(user("Hi"), assistant("Hello."), replace(ENVIRONMENT, content=FULL_PLAN), user("Plan it.")), "think",
        THINK, "plan mode is active",
    ),
    Row(
        "plan mode, only tool results left after a compaction", main(call(), user(result("a"), FULL_PLAN)), "think",
        THINK, "plan mode is active",
    ),
    Row(
        "plan mode, told before the only tool results left",
        main(user(result("x"), FULL_PLAN), call(), user(result("a"))), "default", DEFAULT, "an ordinary request",
    ),
    Row("plan mode, short reminder", main(user("Go on.", SHORT_PLAN)), "think", THINK, "plan mode is active"),
    Row(
        "plan mode in the tool loop", main(user("Plan it.", FULL_PLAN), call(), user(result("text"))), "think", THINK,
        "plan mode is active",
    ),
    Row(
        "plan mode, reminder folded into a tool's result", main(user("Hm"), call(), user(result("a", SHORT_PLAN))),
        "think", THINK, "plan mode is active",
    ),
    Row(
        "plan mode left in this turn", main(user("Plan it.", FULL_PLAN), call(), user(result("ok"), PLAN_EXIT)),
        "default", DEFAULT, "an ordinary request",
    ),
    Row(
        "plan mode left, told in a tool's result", main(user("Plan", FULL_PLAN), call(), user(result("ok", PLAN_EXIT))),
        "default", DEFAULT, "an ordinary request",
    ),
    Row(
        "plan mode of an earlier turn", main(user("Plan it.", FULL_PLAN), assistant("The plan."), user("Do it.")),
        "default", DEFAULT, "an ordinary request",
    ),
    Row(
        "a file about plan mode", main(user("Read it"), call(), user(result("docs: Plan mode is active. …"))),
        "default", DEFAULT, "an ordinary request",
    ),
    Row(
        "an answer about plan mode", main(user("Hm"), assistant("Plan mode is active", *call().blocks),
        user(result("x"))), "default", DEFAULT, "an ordinary request",
    ),
    Row("effort xhigh", main(effort="xhigh"), "think", THINK, "effort xhigh reaches Router.thinkEffort (xhigh)"),
    Row("effort max", main(effort="max"), "think", THINK, "effort max reaches Router.thinkEffort (xhigh)"),
    Row(
        "an own effort", main(effort="medium"), "think", THINK, "effort medium reaches Router.thinkEffort (medium)",
        router=replace(ALL_ROUTES, think_effort="medium"),
    ),
    Row("an effort nobody knows", main(effort="ultra"), "default", DEFAULT, "an ordinary request"),
    Row(
        "think without a route", main(thinking="enabled"), "default", DEFAULT,
        "thinking is enabled; Router.think is not configured, so Router.default", router=ONLY_DEFAULT,
    ),
    # default
    Row("ordinary", main(), "default", DEFAULT, "an ordinary request", facts(headers=classed("main"))),
    Row("a subagent's turn", main(), "default", DEFAULT, "an ordinary request", facts(headers=classed("subagent"))),
    Row("no messages at all", Request(model="", messages=()), "default", DEFAULT, "an ordinary request"),
]  # fmt: skip

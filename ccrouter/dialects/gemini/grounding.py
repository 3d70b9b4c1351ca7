"""What Google's own search and page reader did, as the server tool blocks that Claude Code knows.

It comes beside the answer (`groundingMetadata`, `urlContextMetadata`), mostly with the last chunk, so the blocks stand
behind the text. Claude Code's web search takes them in any order (field-notes 6).
"""

from typing import Final

from ccrouter.dialects.gemini.blocks import BlockWriter
from ccrouter.dialects.lenient_json import compact_json, object_list
from ccrouter.dialects.web_search import NAME, SearchResult, citation_event, result_block, search_id
from ccrouter.model.json import JsonObject, as_int, as_list, as_object, as_str

SUCCESS: Final = "URL_RETRIEVAL_STATUS_SUCCESS"


class Grounding:
    """Collects one reply's sources."""

    def __init__(self) -> None:
        self.queries: list[str] = []
        self._chunks: list[JsonObject] = []
        self._supports: list[JsonObject] = []
        self._pages: dict[str, str] = {}

    @property
    def empty(self) -> bool:
        """True when nothing was searched or read."""
        return not (self.queries or self._chunks or self._pages)

    def take(self, candidate: JsonObject) -> None:
        """What one candidate of a chunk tells. Later metadata holds all that earlier ones did."""
        metadata = as_object(candidate.get("groundingMetadata")) or {}
        self._chunks = object_list(metadata.get("groundingChunks")) or self._chunks
        self._supports = object_list(metadata.get("groundingSupports")) or self._supports
        for query in as_list(metadata.get("webSearchQueries")) or ():
            if isinstance(query, str) and query not in self.queries:
                self.queries.append(query)
        pages = as_object(candidate.get("urlContextMetadata")) or {}
        for page in object_list(pages.get("urlMetadata")):
            url = as_str(page.get("retrievedUrl"))
            if url is not None:
                self._pages[url] = as_str(page.get("urlRetrievalStatus")) or ""

    def write(self, writer: BlockWriter, seed: str, asked: str) -> None:
        """The citations of the open text, then a server tool block and its result for each thing done.

        `asked` is what the client wanted to have searched, for want of the queries themselves.
        """
        text_key = writer.open_text
        if text_key is not None:
            for said, index in self._supported():
                found = self._found(index, said)
                if found is not None:
                    writer.delta(citation_event(text_key, found).raw)
        for url, status in self._pages.items():
            _page(writer, url, status, seed)
        texts: dict[int, list[str]] = {}
        for said, index in self._supported():
            texts.setdefault(index, []).append(said)
        results = [self._found(index, " ".join(texts.get(index, ()))) for index in range(len(self._chunks))]
        links = [result for result in results if result is not None]
        if self.queries or (links and not self._pages):
            id_ = search_id(f"{seed}/search")
            query: JsonObject = {"query": "; ".join(self.queries) or asked}
            writer.opaque({"type": "server_tool_use", "id": id_, "name": NAME, "input": {}}, compact_json(query))
            writer.opaque(result_block(id_, links))

    def _supported(self) -> list[tuple[str, int]]:
        """What the answer says, with the position of the chunk that it rests on."""
        pairs: list[tuple[str, int]] = []
        for support in self._supports:
            said = as_str((as_object(support.get("segment")) or {}).get("text")) or ""
            for entry in as_list(support.get("groundingChunkIndices")) or ():
                index = as_int(entry)
                if index is not None:
                    pairs.append((said, index))
        return pairs

    def _found(self, index: int, said: str) -> SearchResult | None:
        """The page of a chunk; None for what is not of the web. Google tells no more of it than the answer says."""
        chunk = self._chunks[index] if 0 <= index < len(self._chunks) else {}
        web = as_object(chunk.get("web"))
        if web is None:
            return None
        return SearchResult(as_str(web.get("uri")) or "", as_str(web.get("title")) or "", said)


def _page(writer: BlockWriter, url: str, status: str, seed: str) -> None:
    id_ = search_id(f"{seed}/fetch/{url}")
    use: JsonObject = {"type": "server_tool_use", "id": id_, "name": "web_fetch", "input": {}}
    writer.opaque(use, compact_json({"url": url}))
    source: JsonObject = {"type": "text", "media_type": "text/plain", "data": ""}
    told: JsonObject = (
        {
            "type": "web_fetch_result",
            "url": url,
            "content": {"type": "document", "source": source, "title": None},
            "retrieved_at": None,
        }
        if status == SUCCESS
        else {"type": "web_fetch_tool_result_error", "error_code": "url_not_accessible"}
    )
    writer.opaque({"type": "web_fetch_tool_result", "tool_use_id": id_, "content": told})

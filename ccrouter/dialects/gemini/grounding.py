"""What Google's own search and page reader did, as the server tool blocks that Claude Code knows.

It comes beside the answer (`groundingMetadata`, `urlContextMetadata`), mostly with the last chunk, so the blocks stand
behind the text. Claude Code's web search takes them in any order (field-notes 6).
"""

from ccrouter.dialects.gemini.blocks import BlockWriter
from ccrouter.dialects.gemini.call_ids import minted
from ccrouter.dialects.lenient_json import compact_json, object_list
from ccrouter.model.json import Json, JsonObject, as_int, as_list, as_object, as_str

SUCCESS = "URL_RETRIEVAL_STATUS_SUCCESS"


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

    def write(self, writer: BlockWriter, seed: str) -> None:
        """The citations of the open text, then a server tool block and its result for each thing done."""
        if writer.open_text is not None:
            for citation in self._citations():
                writer.delta({"type": "citations_delta", "citation": citation})
        for url, status in self._pages.items():
            self._page(writer, url, status, seed)
        results = [_result(web) for chunk in self._chunks if (web := as_object(chunk.get("web"))) is not None]
        if self.queries or (results and not self._pages):
            id_ = "srv" + minted(seed, "search")
            query: JsonObject = {"query": "; ".join(self.queries)}
            use: JsonObject = {"type": "server_tool_use", "id": id_, "name": "web_search", "input": {}}
            writer.opaque(use, compact_json(query))
            writer.opaque({"type": "web_search_tool_result", "tool_use_id": id_, "content": list[Json](results)})

    def _page(self, writer: BlockWriter, url: str, status: str, seed: str) -> None:
        id_ = "srv" + minted(seed, "fetch", url)
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

    def _citations(self) -> list[JsonObject]:
        citations: list[JsonObject] = []
        for support in self._supports:
            said = as_str((as_object(support.get("segment")) or {}).get("text")) or ""
            for entry in as_list(support.get("groundingChunkIndices")) or ():
                index = as_int(entry)
                chunk = self._chunks[index] if index is not None and 0 <= index < len(self._chunks) else {}
                web = as_object(chunk.get("web"))
                if web is not None:
                    citations.append(
                        {
                            "type": "web_search_result_location",
                            "url": as_str(web.get("uri")) or "",
                            "title": as_str(web.get("title")),
                            "encrypted_index": "",
                            "cited_text": said,
                        }
                    )
        return citations


def _result(web: JsonObject) -> JsonObject:
    return {
        "type": "web_search_result",
        "url": as_str(web.get("uri")) or "",
        "title": as_str(web.get("title")) or as_str(web.get("uri")) or "",
        "encrypted_content": "",
        "page_age": None,
    }

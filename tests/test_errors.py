"""Statuses, types, and what another target may mend."""

import pytest

from ccrouter.errors import STATUS_OF_TYPE, error_type_of_status, is_retryable, upstream_failure


@pytest.mark.parametrize(("kind", "status"), [item for item in STATUS_OF_TYPE.items() if item[0] != "api_error"])
def test_types_and_statuses_agree(kind: str, status: int) -> None:
    assert error_type_of_status(status) == kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (422, "invalid_request_error"),
        (503, "overloaded_error"),
        (500, "api_error"),
        (502, "api_error"),
        (408, "timeout_error"),
    ],
)
def test_other_statuses(status: int, kind: str) -> None:
    assert error_type_of_status(status) == kind


def test_anthropics_gateway_rule() -> None:
    retryable = {status for status in range(400, 600) if is_retryable(status)}
    assert {401, 403, 404, 408, 429, 500, 502, 503, 504, 529} <= retryable
    assert not {400, 405, 409, 413, 422} & retryable


def test_a_failure_without_http_answer() -> None:
    error = upstream_failure("cut")
    assert (error.detail.status, error.detail.type, error.retryable) == (502, "api_error", True)

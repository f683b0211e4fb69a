"""Where an error came from, without what it was about: for logs, which must hold no message body and no token."""

from __future__ import annotations


def where(error: BaseException) -> list[str]:
    """File, line and function of each frame of a traceback: no values, for those may be message bodies."""
    lines, step = [], error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        lines.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{step.tb_lineno} {code.co_name}")
        step = step.tb_next
    return lines

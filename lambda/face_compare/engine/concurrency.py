"""Works on several items at once, within the time that Lambda leaves."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from face_compare.model.errors import OutOfTimeError
from face_compare.runtime.settings import RESERVE_SECONDS, SecondsLeft


def each[Item, Result](
    items: Sequence[Item],
    work: Callable[[Item], Result],
    *,
    concurrency: int,
    seconds_left: SecondsLeft,
) -> list[Result | OutOfTimeError]:
    """Do the work for each item, at most ``concurrency`` at once.

    Work that is not done shortly before the function's timeout is given up, so that the caller
    still gets the rest.
    """
    executor = ThreadPoolExecutor(min(concurrency, len(items)))
    futures = [executor.submit(work, item) for item in items]
    wait(futures, timeout=max(0.0, seconds_left() - RESERVE_SECONDS))
    executor.shutdown(wait=False, cancel_futures=True)
    return [
        future.result()
        if future.done() and not future.cancelled()
        else OutOfTimeError(
            "The function's timeout left no time for this comparison. Send fewer images at "
            "once, or raise function.timeout or comparison.concurrency."
        )
        for future in futures
    ]

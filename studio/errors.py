"""Every error of the project.

::

    StudioError(message, hint)         shown as written; the hint says what to do next
      MediaError                       a file is at fault
        NoSuchMedia                    nothing readable at that path
        UnsupportedMedia               not media, or of a kind the studio refuses
        DecodeFailed(at)               the decoder gave up at a time
        EncodeFailed                   a result could not be written
        LimitExceeded                  over a limit on bytes, pixels, seconds or streams
      ModelError                       a model is at fault
        UnknownModel                   no such name in the catalogue
        WeightsMissing(command)        the weights are not here; the command gets them
        WeightsCorrupt                 a weight file differs from its pinned hash
        FetchFailed                    a hub did not hand over what was asked of it
        DoesNotFit(need, free, held)   no room under the memory budget
        ModelBusy                      others use the model, or its memory, for too long
        InferenceFailed                a forward pass raised
      RequestError                     an option that cannot work, alone or with this footage
        NoRoom                         a disk has too little room for what would be made
      PolicyError                      consent or disclosure is missing
        ConsentMissing
        DisclosureRequired
      AccessError                      whoever asks may not
        SignInRefused(wait_s)          no such user, a wrong password, or too many tries
        NotAllowed                     the role does not reach so far
      JobError                         the queue of jobs is at fault
        UnknownJob                     no job of that number, or it is somebody else's
        Busy(waiting)                  as many jobs wait as may
        JobsUnavailable                the list of jobs cannot be opened, read or written
      LibraryUnavailable               the library cannot be opened, read or written
      Cancelled                        the user stopped it

Mistakes of a programmer stay ``ValueError`` and ``TypeError``.
"""

from __future__ import annotations

from fractions import Fraction


class StudioError(Exception):
    """An error a person can act on.

    Args:
        message: what is wrong, naming the file, model or option.
        hint: what to do next; empty where nothing can be done.
    """

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class MediaError(StudioError):
    """A media file is at fault."""


class NoSuchMedia(MediaError):
    """Nothing readable lies at the path."""


class UnsupportedMedia(MediaError):
    """The file is not media, or of a kind the studio refuses to open."""


class DecodeFailed(MediaError):
    """The decoder gave up; ``at`` is the source time in seconds, where known."""

    def __init__(self, message: str, hint: str = "", *, at: Fraction | None = None) -> None:
        super().__init__(message, hint)
        self.at = at


class EncodeFailed(MediaError):
    """A result could not be written."""

    exit_code = 1


class LimitExceeded(MediaError):
    """A file is over a limit on bytes, pixels, seconds or streams."""


class ModelError(StudioError):
    """A model is at fault."""


class UnknownModel(ModelError):
    """No model of that name is in the catalogue."""


class WeightsMissing(ModelError):
    """Weights are absent; ``command`` is what brings them."""

    def __init__(self, message: str, command: str) -> None:
        super().__init__(message, f"Get them with: {command}")
        self.command = command


class WeightsCorrupt(ModelError):
    """A weight file is not the one that was pinned; it is never loaded."""


class FetchFailed(ModelError):
    """A hub cannot be reached, does not have what was asked for, or it cannot be kept."""


class DoesNotFit(ModelError):
    """A model does not fit under the memory budget.

    ``need_bytes`` and ``free_bytes`` are bytes; ``held_by`` names the models in use.
    """

    def __init__(
        self, message: str, hint: str, *, need_bytes: int, free_bytes: int, held_by: tuple[str, ...]
    ) -> None:
        super().__init__(message, hint)
        self.need_bytes = need_bytes
        self.free_bytes = free_bytes
        self.held_by = held_by


class ModelBusy(ModelError):
    """A lease waited for longer than it was allowed to."""


class InferenceFailed(ModelError):
    """A forward pass raised."""

    exit_code = 1


class RequestError(StudioError):
    """An option cannot work, alone or with this footage."""


class NoRoom(RequestError):
    """A disk has too little room for what would be made, or filled up while it was made."""


class PolicyError(StudioError):
    """Consent or disclosure that the engine demands is missing."""


class ConsentMissing(PolicyError):
    """No consent is on record for a likeness or a voice."""


class DisclosureRequired(PolicyError):
    """The result needs a visible label."""


class AccessError(StudioError):
    """Whoever asks may not."""


class SignInRefused(AccessError):
    """No such user or a wrong password; ``wait_s`` seconds must pass before the next try."""

    def __init__(self, message: str, hint: str = "", *, wait_s: float = 0.0) -> None:
        super().__init__(message, hint)
        self.wait_s = wait_s


class NotAllowed(AccessError):
    """The user's role does not reach so far."""


class JobError(StudioError):
    """The queue of jobs is at fault."""


class UnknownJob(JobError):
    """There is no such job, or it is not the asker's."""


class Busy(JobError):
    """As many jobs wait as may; ``waiting`` is how many."""

    def __init__(self, message: str, hint: str, *, waiting: int) -> None:
        super().__init__(message, hint)
        self.waiting = waiting


class JobsUnavailable(JobError):
    """The list of jobs cannot be opened, read or written now."""

    exit_code = 1


class LibraryUnavailable(StudioError):
    """The library of footage cannot be opened, read or written now."""

    exit_code = 1


class Cancelled(StudioError):
    """The user stopped the run."""

    exit_code = 3

    def __init__(self, message: str = "Cancelled.", hint: str = "") -> None:
        super().__init__(message, hint)

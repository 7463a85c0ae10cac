"""
The error tree. Each error says what happened, where, and what to do about it.

* TocsinError
  * UserError            the operator can fix it; the message says how
    * SettingError         a setting is misspelt, missing or out of range
    * SourceError          a SOURCE argument names nothing that can be read
    * ExtensionError       an extension file breaks the contract of its kind
    * RuleError            a rule file says what cannot be read, or what cannot be meant
    * EstateError          an estate, on-call or channel file says what cannot be read, or cannot be meant
    * RequestRefused       what somebody asks for cannot be done as things stand
      * NotFound             it names nothing that is there
      * NotAllowed           whoever asks may not
      * Unauthenticated      nobody knows who asks
      * TooOften             it was tried too often; later it may be tried again
      * WrongState           what it is to be done to is in a state that does not allow it
      * Outdated             somebody else changed it meanwhile: look again
      * Unacceptable         a value in it is missing, too long or out of range
    * ToolMissing          another program that is needed is not installed
    * PackageMissing       a published package that is needed has not been fetched
      * ScenarioBroken       a scenario does not play as its author meant it to
  * InputError           somebody else's bytes are wrong; never retried unchanged
    * MalformedInput       not JSON, a wrong type, bad hexadecimal, out of range
    * InconsistentInput    parts that must agree do not (receipts and block, parent hashes)
    * DigestMismatch       a file is not the one that is pinned
  * RemoteError          somebody else's system failed; may be retried
    * EndpointUnavailable  no answer, a refused connection, a time-out
    * EndpointRefused      an answer that says no
      * RateLimited          too many questions; ask later
      * MethodUnknown        this node does not have the method
      * DataMissing          this node does not have the block or the state
      * CallReverted         the contract that was called reverted
      * AnswerTooLarge       more bytes than are taken in one answer
    * EndpointsDisagree    two endpoints give different blocks at one height
    * PackageUnavailable   a registry of packages gave no answer, or not the package
  * ChannelError         a channel did not take a message
    * ChannelBusy          it asks to be tried again, or gave no answer: it may have taken it
    * ChannelRefused       it will never take this message to this address
  * DeliveryFailed       a channel cannot be told; notices wait in order
  * ServerEnded          nobody can reach the API: the process ends, for its supervisor to start it again
  * StoreError           the database or the disk failed; work is kept and tried again
    * StoreUnavailable     cannot be reached
    * StoreFull            no room to write

Nothing is ever decided by reading an error's text: the class is the decision.
"""


class TocsinError(Exception):
    """Base of every error tocsin raises on purpose."""


class UserError(TocsinError):
    """The operator can fix this; the message says how."""


class SettingError(UserError):
    """A setting is misspelt, missing or out of range."""


class SourceError(UserError):
    """A SOURCE argument names nothing that can be read."""


class ExtensionError(UserError):
    """An extension file breaks the contract of its kind."""


class RuleError(UserError):
    """A rule file says what cannot be read, or what cannot be meant."""


class EstateError(UserError):
    """A file about the organisation says what cannot be read, or what cannot be meant."""


class RequestRefused(UserError):
    """What somebody asks for cannot be done as things stand."""


class NotFound(RequestRefused):
    """It names nothing that is there, or nothing that whoever asks may know of."""


class NotAllowed(RequestRefused):
    """Whoever asks may not do it."""


class Unauthenticated(RequestRefused):
    """Nobody knows who asks."""


class TooOften(RequestRefused):
    """It was tried too often; it may be tried again after `retry_after_seconds`."""

    def __init__(self, message: str, retry_after_seconds: float) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class WrongState(RequestRefused):
    """What it is to be done to is in a state that does not allow it."""


class Outdated(RequestRefused):
    """Somebody else changed it meanwhile."""


class Unacceptable(RequestRefused):
    """A value in the request is missing, too long or out of range."""


class ScenarioBroken(ExtensionError):
    """A scenario, an activity or the scene does not play as its author meant it to."""


class ToolMissing(UserError):
    """Another program that is needed is not installed."""


class PackageMissing(UserError):
    """A published package that is needed has not been fetched yet."""


class InputError(TocsinError):
    """Somebody else's bytes are wrong."""


class MalformedInput(InputError):
    """The bytes are not what the format says: not JSON, a wrong type, bad hexadecimal, out of range."""


class InconsistentInput(InputError):
    """Parts that must agree with one another do not."""


class DigestMismatch(InputError):
    """The bytes of a file are not those that are pinned."""


class RemoteError(TocsinError):
    """Another system failed; the caller may retry."""


class EndpointUnavailable(RemoteError):
    """The endpoint gave no answer."""


class EndpointRefused(RemoteError):
    """The endpoint answered that it cannot or will not."""


class RateLimited(EndpointRefused):
    """Too many questions; ask again after `retry_after_seconds`, where the endpoint said so."""

    def __init__(self, message: str, retry_after_seconds: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class MethodUnknown(EndpointRefused):
    """The node does not have the method."""


class DataMissing(EndpointRefused):
    """The node does not have the block or the state that was asked for."""


class NoCode(DataMissing):
    """At an address that was to be a contract there is no code: it destroyed itself, or was never there."""


class CallReverted(EndpointRefused):
    """The contract that was called reverted: an answer of the chain, not a failure of the node."""

    def __init__(self, message: str, returned: bytes = b"") -> None:
        super().__init__(message)
        self.returned = returned
        """What it returned, where the node said so: the reason, encoded."""


class AnswerTooLarge(EndpointRefused):
    """The answer, or the question, is larger than one side takes at once."""


class EndpointsDisagree(RemoteError):
    """Two endpoints say different things about the same block."""


class PackageUnavailable(RemoteError):
    """A registry of packages gave no answer, or not the package."""


class ChannelError(TocsinError):
    """A channel did not take a message."""


class ChannelBusy(ChannelError):
    """
    The channel is to be tried again, after `retry_after_seconds` where it said so.

    With `may_have_taken` it went silent after the message was sent: the next attempt may be a repeat.
    """

    def __init__(self, message: str, *, retry_after_seconds: float = 0.0, may_have_taken: bool = False) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
        self.may_have_taken = may_have_taken


class ChannelRefused(ChannelError):
    """The channel will never take this message to this address."""


class DeliveryFailed(TocsinError):
    """Notices could not be told; they are kept."""


class ServerEnded(TocsinError):
    """The web server ended without being asked to."""


class StoreError(TocsinError):
    """The store failed; what was to be written is kept and tried again."""


class StoreUnavailable(StoreError):
    """The database cannot be reached."""


class StoreFull(StoreError):
    """The disk or the database has no room left."""

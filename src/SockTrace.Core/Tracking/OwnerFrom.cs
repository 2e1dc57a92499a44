namespace SockTrace.Tracking;

/// <summary>How a connection's pid and comm were learned.</summary>
internal enum OwnerFrom : byte
{
    Unknown,
    Connect,
    Accept,
    Listen,
    Close,
    Snapshot,
}

namespace SockTrace.Ports;

/// <summary>One that listens on a port of the range.</summary>
/// <param name="Laddr">Its address.</param>
/// <param name="Lport">Its port.</param>
/// <param name="Pid">Its process; null where that is not known.</param>
/// <param name="Comm">That one's name.</param>
internal sealed record ListenerPort(string Laddr, int Lport, uint? Pid, string? Comm);

namespace SockTrace.Doctor;

/// <summary>What was seen of a four-tuple.</summary>
/// <param name="Sight">What is there.</param>
/// <param name="Left">What is left of the timer of one in TIME_WAIT.</param>
internal readonly record struct MiniSocketLook(MiniSocketSight Sight, TimeSpan Left = default);

/// <summary>What is there of a four-tuple.</summary>
internal enum MiniSocketSight
{
    /// <summary>Nothing.</summary>
    Gone,

    /// <summary>The mini-socket, in TIME_WAIT.</summary>
    TimeWait,

    /// <summary>The connection, in a state before that.</summary>
    Earlier,

    /// <summary>Another connection, which has taken it over.</summary>
    Another,
}

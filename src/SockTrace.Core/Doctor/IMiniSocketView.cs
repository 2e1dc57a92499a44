namespace SockTrace.Doctor;

/// <summary>Looks at one mini-socket, which an ordinary user may.</summary>
internal interface IMiniSocketView : IDisposable
{
    /// <summary>sock_diag or proc.</summary>
    string Name { get; }

    /// <summary>How exactly it tells what is left of a timer, beside the kernel's tick; also the least time between two looks.</summary>
    TimeSpan Resolution { get; }

    /// <exception cref="IOException">It cannot look.</exception>
    MiniSocketLook Look();
}

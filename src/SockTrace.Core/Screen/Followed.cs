using SockTrace.Events;
using SockTrace.Tracking;

namespace SockTrace.Screen;

/// <summary>One connection, through its states up to the end of its TIME_WAIT.</summary>
internal sealed class Followed
{
    private readonly List<RecentEvent> _steps = [];

    /// <param name="socket">As it was when it was chosen.</param>
    public Followed(SocketIdentity socket) => Socket = socket;

    /// <summary>What is known of it now.</summary>
    public SocketIdentity Socket { get; private set; }

    /// <summary>What happened to it, the oldest first; what was before it was chosen only as long as it is among the last events.</summary>
    public IReadOnlyList<RecentEvent> Steps => _steps;

    /// <summary>Takes what is still known of its past.</summary>
    public void LookBack(RecentEvents events)
    {
        for (int age = events.Count - 1; age >= 0; age--)
            OnEvent(events.At(age));
    }

    public void OnEvent(in RecentEvent e)
    {
        if (e.Socket.Id != Socket.Id || e.Socket.IdIsCookie != Socket.IdIsCookie)
            return;
        // One socket may connect several times: each time is another connection.
        if (e is { Kind: RecentEventKind.Transition, Old: TcpState.Close })
            _steps.Clear();
        _steps.Add(e);
        if (e.Kind != RecentEventKind.TimeWaitEnded)
        {
            Socket = e.Socket;
        }
        else if (Socket.Lport == 0)
        {
            Role role = Socket.Role;
            Socket = e.Socket with { Role = role };
        }
    }
}

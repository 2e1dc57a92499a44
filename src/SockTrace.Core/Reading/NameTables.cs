using SockTrace.Events;
using SockTrace.Output;
using SockTrace.Tracking;

namespace SockTrace.Reading;

/// <summary>The way back from <see cref="RecordNames"/>.</summary>
internal static class NameTables
{
    public static readonly NameTable<TcpState> States = new(TcpStates.Name);
    public static readonly NameTable<Role> Roles = new(RecordNames.Of);
    public static readonly NameTable<OwnerFrom> OwnersFrom = new(RecordNames.Of);
    public static readonly NameTable<CloseReason> Reasons = new(RecordNames.Of);
    public static readonly NameTable<ClosedBy> Closers = new(RecordNames.Of);
    public static readonly NameTable<PortReuse> Reuses = new(RecordNames.Of);
    public static readonly NameTable<MiniSocketEnding> Endings = new(RecordNames.Of);
    public static readonly NameTable<LossPlace> LossPlaces = new(RecordNames.Of);
}

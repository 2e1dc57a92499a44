using System.Runtime.CompilerServices;
using SockTrace.Events;
using SockTrace.Output;

namespace SockTrace.Reading;

/// <summary>
/// Reads the records of which there are many, in the field order that we write. It takes a
/// line as a whole or not at all: what it does not take is for <see cref="JsonRecordReader"/>.
/// </summary>
internal sealed class FastRecordReader
{
    private TimestampParser _ts = new();
    private TimestampParser _otherTs = new();
    private AddressParser _laddrs = new();
    private AddressParser _raddrs = new();

    /// <returns>Whether <paramref name="record"/> has been filled.</returns>
    public bool TryRead(ReadOnlySpan<byte> line, TraceRecord record)
    {
        var cursor = new LineCursor(line);
        if (!cursor.Take("{\"type\":\""u8))
            return false;
        record.Clear();
        if (cursor.Take("state\",\"ts\":\""u8))
            return TryState(ref cursor, record) && cursor.Take("}"u8) && cursor.IsAtEnd;
        if (cursor.Take("conn\",\"ts\":\""u8))
            return TryConn(ref cursor, record) && cursor.Take("}"u8) && cursor.IsAtEnd;
        if (cursor.Take("time_wait\",\"ts\":\""u8))
            return TryTimeWait(ref cursor, record) && cursor.Take("}"u8) && cursor.IsAtEnd;
        return false;
    }

    private bool TryState(ref LineCursor cursor, TraceRecord record)
    {
        record.Type = RecordType.State;
        return TryTs(ref cursor, ref _ts, out record.Ts)
            && cursor.Take(",\"seq\":"u8) && cursor.TryNumber(out record.Seq)
            && TryIdentity(ref cursor, record)
            && TryFourTuple(ref cursor, record)
            && (!cursor.Take(",\"old\":\""u8) || TryState(ref cursor, out record.Old))
            && cursor.Take(",\"new\":\""u8) && TryState(ref cursor, out record.New) && record.New != TcpState.Unknown
            && TryOptional(ref cursor, ",\"in_old_ns\":"u8, ref record.InOldNs)
            && TryOwner(ref cursor, record);
    }

    private bool TryConn(ref LineCursor cursor, TraceRecord record)
    {
        record.Type = RecordType.Conn;
        long cgroup = 0;
        if (!TryTs(ref cursor, ref _ts, out record.Ts) || !TryIdentity(ref cursor, record)
            || !TryOptional(ref cursor, ",\"cgroup\":"u8, ref cgroup) || !TryFourTuple(ref cursor, record)
            || !cursor.Take(",\"role\":\""u8) || !cursor.TryText(out ReadOnlySpan<byte> text)
            || !NameTables.Roles.TryParse(text, out record.Role) || !TryOwner(ref cursor, record))
            return false;
        record.Cgroup = (ulong)cgroup;
        return (!cursor.Take(",\"opened\":\""u8) || TryTs(ref cursor, ref _otherTs, out record.Opened))
            && TryOptional(ref cursor, ",\"connect_ns\":"u8, ref record.ConnectNs)
            && TryOptional(ref cursor, ",\"established_ns\":"u8, ref record.EstablishedNs)
            && TryOptional(ref cursor, ",\"lifetime_ns\":"u8, ref record.LifetimeNs)
            && TryStateTimes(ref cursor, record)
            && cursor.Take(",\"close_reason\":\""u8) && cursor.TryText(out text)
            && NameTables.Reasons.TryParse(text, out record.CloseReason)
            && (!cursor.Take(",\"closed_by\":\""u8)
                || (cursor.TryText(out text) && NameTables.Closers.TryParse(text, out record.ClosedBy)))
            && TryOptional(ref cursor, ",\"bytes_sent\":"u8, ref record.BytesSent)
            && TryOptional(ref cursor, ",\"bytes_received\":"u8, ref record.BytesReceived)
            && TryOptional(ref cursor, ",\"retransmits\":"u8, ref record.Retransmits, uint.MaxValue)
            && TryOptional(ref cursor, ",\"srtt_us\":"u8, ref record.SrttUs, uint.MaxValue)
            && (!cursor.Take(",\"reuse\":\""u8)
                || (cursor.TryText(out text) && NameTables.Reuses.TryParse(text, out record.Reuse)))
            && TryOptional(ref cursor, ",\"reuse_gap_ns\":"u8, ref record.ReuseGapNs);
    }

    private bool TryTimeWait(ref LineCursor cursor, TraceRecord record)
    {
        record.Type = RecordType.TimeWait;
        if (!TryTs(ref cursor, ref _ts, out record.Ts) || !TryIdentity(ref cursor, record)
            || !TryFourTuple(ref cursor, record)
            || (cursor.Take(",\"began\":\""u8) && !TryTs(ref cursor, ref _otherTs, out record.Began))
            || !TryOptional(ref cursor, ",\"fin_wait2_ns\":"u8, ref record.FinWait2Ns)
            || !TryOptional(ref cursor, ",\"duration_ns\":"u8, ref record.DurationNs)
            || !cursor.Take(",\"ended\":\""u8) || !cursor.TryText(out ReadOnlySpan<byte> text)
            || !NameTables.Endings.TryParse(text, out record.Ended))
            return false;
        record.HasEnded = true;
        record.IsInferred = cursor.Take(",\"precision\":\"inferred\""u8);
        return record.IsInferred || cursor.Take(",\"precision\":\"measured\""u8);
    }

    private static bool TryTs(ref LineCursor cursor, ref TimestampParser parser, out long unixNs)
    {
        unixNs = long.MinValue;
        return cursor.TryText(TimestampFormat.Length, out ReadOnlySpan<byte> text) && parser.TryParse(text, out unixNs);
    }

    private static bool TryIdentity(ref LineCursor cursor, TraceRecord record)
    {
        record.HasId = cursor.Take(",\"id\":\""u8);
        if (!record.HasId || !cursor.TryId(out record.Id, out record.IdIsCookie)
            || !cursor.Take(",\"netns\":"u8) || !cursor.TryNumber(uint.MaxValue, out long netns))
            return false;
        record.Netns = (uint)netns;
        return true;
    }

    private bool TryFourTuple(ref LineCursor cursor, TraceRecord record)
    {
        if (cursor.Take(",\"family\":\"ipv4\""u8))
            record.Family = IpFamily.IPv4;
        else if (cursor.Take(",\"family\":\"ipv6\""u8))
            record.Family = IpFamily.IPv6;
        else
            return false;
        return (!cursor.Take(",\"laddr\":\""u8) || TryAddress(ref cursor, ref _laddrs, out record.Laddr))
            && TryPort(ref cursor, ",\"lport\":"u8, out record.Lport)
            && (!cursor.Take(",\"raddr\":\""u8) || TryAddress(ref cursor, ref _raddrs, out record.Raddr))
            && TryPort(ref cursor, ",\"rport\":"u8, out record.Rport);
    }

    private static bool TryAddress(ref LineCursor cursor, ref AddressParser parser, out IpAddress address)
    {
        if (cursor.TryIPv4(out uint bits))
        {
            address = IpAddress.FromIPv4(bits);
            return true;
        }
        address = default;
        return cursor.TryText(out ReadOnlySpan<byte> text) && parser.TryParse(text, out address);
    }

    private static bool TryOwner(ref LineCursor cursor, TraceRecord record)
    {
        long pid = 0, uid = -1;
        if ((cursor.Take(",\"pid\":"u8) && !cursor.TryNumber(uint.MaxValue, out pid))
            || (cursor.Take(",\"comm\":\""u8) && !(cursor.TryText(out ReadOnlySpan<byte> comm) && record.SetComm(comm)))
            || (cursor.Take(",\"uid\":"u8) && !cursor.TryNumber(uint.MaxValue, out uid))
            || !cursor.Take(",\"owner_from\":\""u8) || !cursor.TryText(out ReadOnlySpan<byte> from)
            || !NameTables.OwnersFrom.TryParse(from, out record.OwnerFrom))
            return false;
        record.Pid = (uint)pid;
        record.HasUid = uid >= 0;
        record.Uid = record.HasUid ? (uint)uid : 0;
        return true;
    }

    private static bool TryStateTimes(ref LineCursor cursor, TraceRecord record)
    {
        if (!cursor.Take(",\"states\":{"u8))
            return true;
        if (cursor.Take("}"u8))
            return true;
        do
        {
            if (!cursor.Take("\""u8) || !TryState(ref cursor, out TcpState state)
                || !cursor.Take(":"u8) || !cursor.TryNumber(out long ns))
                return false;
            record.States.Add(state, ns);
        }
        while (cursor.Take(","u8));
        return cursor.Take("}"u8);
    }

    private static bool TryState(ref LineCursor cursor, out TcpState state)
    {
        state = TcpState.Unknown;
        return cursor.TryText(out ReadOnlySpan<byte> name) && NameTables.States.TryParse(name, out state);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryPort(ref LineCursor cursor, ReadOnlySpan<byte> name, out ushort port)
    {
        long value = 0;
        bool isGood = !cursor.Take(name) || cursor.TryNumber(ushort.MaxValue, out value);
        port = (ushort)value;
        return isGood;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryOptional(ref LineCursor cursor, ReadOnlySpan<byte> name, ref long value, long max = long.MaxValue) =>
        !cursor.Take(name) || cursor.TryNumber(max, out value);
}

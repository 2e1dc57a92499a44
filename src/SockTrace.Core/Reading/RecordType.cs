namespace SockTrace.Reading;

/// <summary>What a line of a trace is.</summary>
internal enum RecordType : byte
{
    /// <summary>Of a type that this version does not know: the schema may grow.</summary>
    Unknown,
    Header,
    State,
    Conn,
    TimeWait,
    PortExhausted,
    Lost,
    Stats,
    End,
}

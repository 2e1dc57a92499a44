namespace SockTrace.Output;

/// <summary>How many records of each type a file has.</summary>
internal struct RecordCounts
{
    public long States, Conns, TimeWaits, Exhausted, Statistics, Losts;
}

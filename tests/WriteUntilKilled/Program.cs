using SockTrace.Host;
using SockTrace.Output;
using SockTrace.Tests.Support;

// write-until-killed FILE: records as fast as they come, through the sink, queue and writer
// of the product. Whoever started it may be killed too: it ends in any case.
const long Enough = 5_000_000;

var output = OutputWriter.Open(args[0], force: false, rotation: null, Console.Error.WriteLine);
using var sink = new NdjsonSink(output, new WallClock(), Headers.Any);
var records = new StateRecords();
while (records.Count < Enough)
{
    records.ProduceTo(sink, 100);
    sink.Flush(records.Totals);
}

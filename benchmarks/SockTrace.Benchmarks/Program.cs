using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Environments;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains;
using BenchmarkDotNet.Toolchains.NativeAot;
using SockTrace.Benchmarks;

// NativeAOT is what ships, the JIT is what most .NET figures are measured with: both.
// The package feeds that this machine has, not the toolchain's own.
IToolchain aot = NativeAotToolchain.CreateBuilder().UseNuGet("", "").TargetFrameworkMoniker("net10.0").ToToolchain();
Job job = Job.Default.WithWarmupCount(3).WithIterationCount(10);
ManualConfig config = ManualConfig.CreateEmpty()
    .AddLogger(ConsoleLogger.Default)
    .AddColumnProvider(DefaultColumnProviders.Instance)
    .AddDiagnoser(MemoryDiagnoser.Default)
    .AddExporter(MarkdownExporter.GitHub)
    .HideColumns(Column.Job, Column.Error, Column.Gen0, Column.Gen1, Column.Gen2)
    .AddJob(job.WithRuntime(CoreRuntime.Core10_0).WithId("JIT"));
// Building the AOT variant takes minutes: --jit leaves it out while one tries things.
if (!args.Contains("--jit"))
    config = config.AddJob(job.WithToolchain(aot).WithId("AOT"));

BenchmarkSwitcher.FromTypes([typeof(DecodeBench), typeof(TableBench), typeof(NdjsonBench), typeof(ReadBench), typeof(ScreenBench)]).Run([.. args.Where(arg => arg != "--jit")], config);

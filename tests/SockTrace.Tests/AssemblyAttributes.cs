using SockTrace.Tests.Support;
using Xunit.Sdk;
using Xunit.v3;

// The live tests measure, and trace the whole host: one at a time.
[assembly: Parallelization(Mode = ParallelMode.None)]

// CI's run has an end whatever hangs.
[assembly: TestDeadline]

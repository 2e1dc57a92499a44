using System.Diagnostics;

namespace SockTrace.Tests.Support;

internal static class Wait
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>Waits for something that must come.</summary>
    public static void Until(Func<bool> hasCome)
    {
        var patience = Stopwatch.StartNew();
        while (!hasCome())
        {
            Assert.True(patience.Elapsed < Deadline, "it did not come");
            Thread.Sleep(1);
        }
    }
}

using System.Diagnostics;

namespace SockTrace.Tests.Support;

/// <summary>For what no event tells of: looks again and again, until it is so or the deadline has passed.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60), Pause = TimeSpan.FromMilliseconds(10);

    /// <param name="isSo">Looks.</param>
    /// <param name="otherwise">What the failure says.</param>
    public static void IsSo(Func<bool> isSo, Func<string> otherwise) =>
        Gives(() => isSo() ? "" : null, otherwise);

    /// <param name="look">Looks; null as long as it is not there.</param>
    /// <param name="otherwise">What the failure says.</param>
    /// <returns>What it gave.</returns>
    public static T Gives<T>(Func<T?> look, Func<string> otherwise)
        where T : class
    {
        var patience = Stopwatch.StartNew();
        while (true)
        {
            if (look() is T found)
                return found;
            if (patience.Elapsed > Deadline)
                Assert.Fail(otherwise());
            Thread.Sleep(Pause);
        }
    }
}

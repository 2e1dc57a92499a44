using System.Diagnostics;

namespace SockTrace.Tests.Support;

/// <summary>For what no event tells of: looks again and again, until it is so or the deadline has passed.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60), Soonness = TimeSpan.FromSeconds(30), Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>The same for what takes no time of its own: with half the patience.</summary>
    /// <param name="isSo">Looks.</param>
    public static void Soon(Func<bool> isSo) => Gives(() => isSo() ? "" : null, () => "it did not come", Soonness);

    /// <param name="isSo">Looks.</param>
    /// <param name="otherwise">What the failure says.</param>
    public static void IsSo(Func<bool> isSo, Func<string> otherwise) =>
        Gives(() => isSo() ? "" : null, otherwise);

    /// <param name="look">Looks; null as long as it is not there.</param>
    /// <param name="otherwise">What the failure says.</param>
    /// <returns>What it gave.</returns>
    public static T Gives<T>(Func<T?> look, Func<string> otherwise)
        where T : class => Gives(look, otherwise, Deadline);

    private static T Gives<T>(Func<T?> look, Func<string> otherwise, TimeSpan deadline)
        where T : class
    {
        var patience = Stopwatch.StartNew();
        while (true)
        {
            if (look() is T found)
                return found;
            if (patience.Elapsed > deadline)
                Assert.Fail(otherwise());
            Thread.Sleep(Pause);
        }
    }
}

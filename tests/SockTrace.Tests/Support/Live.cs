namespace SockTrace.Tests.Support;

/// <summary>What tests need that talk to the kernel.</summary>
internal static class Live
{
    /// <summary>Skips the test where there is no root, and fails it in CI.</summary>
    public static void RequireRoot()
    {
        if (Environment.IsPrivilegedProcess)
            return;
        Assert.SkipWhen(Environment.GetEnvironmentVariable("CI") is null, "needs root: sudo make test");
        Assert.Fail("CI runs the live tests as root");
    }
}

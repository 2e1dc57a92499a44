using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SockTrace.Tests.Support;

/// <summary>A tmpfs of its own.</summary>
internal sealed partial class TestMount : IDisposable
{
    public TestMount(string path, string options)
    {
        Path = path;
        Directory.CreateDirectory(path);
        Mount("-t", "tmpfs", "-o", options, "tmpfs", path);
    }

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Resize(string size) => Mount("-o", $"remount,size={size}", Path);

    public void Dispose() => Assert.Equal(0, umount2(Path, 2 /* MNT_DETACH */));

    private static void Mount(params string[] arguments)
    {
        using var mount = Process.Start("mount", arguments);
        mount.WaitForExit();
        Assert.Equal(0, mount.ExitCode);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount2(string target, int flags);
}

using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace SockTrace.Tests.Support;

/// <summary>
/// A MariaDB server with a data folder and a port of its own, in the network namespace of the
/// thread that starts it.
/// </summary>
internal sealed class MariaDb : IDisposable
{
    public const int Port = 33306;

    private const string User = "nobody";
    private readonly TempFolder _folder = new();
    private readonly Process _server;

    public MariaDb()
    {
        // mariadbd wants to be an ordinary user, who must be able to reach the folder.
        File.SetUnixFileMode(_folder.Path, (UnixFileMode)0b111_101_101);
        string data = _folder.File("data");
        Run("mariadb-install-db", "--no-defaults", $"--datadir={data}", $"--user={User}",
            "--auth-root-authentication-method=normal", "--skip-test-db");
        _server = Process.Start(new ProcessStartInfo("mariadbd",
        [
            "--no-defaults", $"--datadir={data}", $"--user={User}", $"--socket={data}/socket",
            "--bind-address=127.0.0.1", $"--port={Port}", "--skip-log-bin", "--skip-name-resolve",
        ])
        { RedirectStandardError = true })!;
        _server.ErrorDataReceived += (_, _) => { };
        _server.BeginErrorReadLine();
        WaitUntilItListens();
    }

    public int Id => _server.Id;

    /// <summary>Runs one statement through the command-line client over TCP.</summary>
    /// <returns>The client's process id.</returns>
    public static int Query(string sql) => Run("mariadb", "--no-defaults", "--protocol=tcp", "--host=127.0.0.1",
        $"--port={Port.ToString(CultureInfo.InvariantCulture)}", "--user=root", "--batch", "--execute", sql);

    public void Dispose()
    {
        _server.Kill();
        _server.WaitForExit();
        _server.Dispose();
        _folder.Dispose();
    }

    private static int Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}: {errors}{output.Result}");
        return process.Id;
    }

    private void WaitUntilItListens() => Eventually.IsSo(
        () =>
        {
            Assert.False(_server.HasExited, "mariadbd ended");
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Connect("127.0.0.1", Port);
                return true;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
            {
                return false;
            }
        },
        () => "mariadbd does not listen");
}

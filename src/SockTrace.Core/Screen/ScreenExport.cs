using SockTrace.Reporting;

namespace SockTrace.Screen;

/// <summary>A page on its way into a file, which only its owner can read: it tells who talks to whom.</summary>
internal sealed class ScreenExport
{
    private readonly Task<(string Message, bool IsBad)> _writing;

    /// <param name="path">A file that does not exist yet.</param>
    /// <param name="lines">Made as they are asked for, on another thread.</param>
    public ScreenExport(string path, IEnumerable<string> lines) => _writing = Task.Run(() => Write(path, lines));

    /// <summary>How it went, once it has.</summary>
    public bool TryTakeResult(out (string Message, bool IsBad) result)
    {
        bool isOver = _writing.IsCompleted;
        result = isOver ? _writing.GetAwaiter().GetResult() : default;
        return isOver;
    }

    public void Wait() => _writing.Wait();

    private static (string, bool) Write(string path, IEnumerable<string> lines)
    {
        try
        {
            int count = 0;
            using (var file = new StreamWriter(new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            })))
            {
                foreach (string line in lines)
                {
                    file.Write(line + '\n');
                    count++;
                }
            }
            return ($"{Words.Count(count, "line")} in {path}", false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ($"cannot write {path}: {e.Message}", true);
        }
    }
}

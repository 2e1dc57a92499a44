using System.CommandLine;
using System.CommandLine.Parsing;
using SockTrace.Host;
using SockTrace.Output;

namespace SockTrace;

/// <summary>What else may be said of a file that a trace goes to.</summary>
internal sealed class FileOptions
{
    private readonly Option<string?> _path;

    private readonly Option<bool> _force = new("--force") { Description = "Overwrite the file if it exists" };

    private readonly Option<(long? Bytes, TimeSpan? Interval)> _rotate = new("--rotate")
    {
        Description = "Put the file aside, and begin a new one, when it is this large or this old, such as 100MiB or 1h",
        HelpName = "SIZE|TIME",
        CustomParser = OptionParsers.Rotate,
    };

    private readonly Option<int?> _keep = new("--keep")
    {
        Description = "Keep at most this many of the files that --rotate puts aside [default: all]",
        HelpName = "N",
        CustomParser = OptionParsers.Keep,
    };

    /// <param name="path">The option that names the file.</param>
    public FileOptions(Option<string?> path) => _path = path;

    public void AddTo(Command command)
    {
        command.Add(_force);
        command.Add(_rotate);
        command.Add(_keep);
        command.Validators.Add(Validate);
    }

    /// <exception cref="OutputException">It exists, or cannot be created.</exception>
    public OutputWriter Open(ParseResult parsed, string path) =>
        OutputWriter.Open(path, parsed.GetValue(_force), RotationOf(parsed), Terminal.Say);

    private Rotation? RotationOf(ParseResult parsed)
    {
        (long? bytes, TimeSpan? interval) = parsed.GetValue(_rotate);
        return bytes is null && interval is null ? null : new Rotation(bytes, interval, parsed.GetValue(_keep));
    }

    private void Validate(CommandResult result)
    {
        if (result.GetResult(_keep) is not null && result.GetResult(_rotate) is null)
            result.AddError("--keep: needs --rotate");
        // Where it has none, that has been said.
        string? path = result.GetResult(_path) is { Tokens: [var given] } ? given.Value : null;
        if (result.GetResult(_force) is { Implicit: false } && path is null or "-")
            result.AddError(path is null ? $"--force: needs {_path.Name} FILE" : $"--force: {_path.Name} - is no file that could be overwritten");
        // Its parser has said what is wrong with it, if anything is.
        if (result.GetResult(_rotate) is not { } rotate || rotate.Errors.Any())
            return;
        if (path is null)
            result.AddError($"--rotate: needs {_path.Name} FILE");
        else if (path == "-" || FileSystem.IsSpecial(path))
            result.AddError($"--rotate: {_path.Name} {path} is no file that could be put aside");
    }
}

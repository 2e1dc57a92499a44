using Microsoft.Playwright;

namespace SockTrace.Tests.Support;

/// <summary>A page of ours, open, and all that it did which it should not do.</summary>
internal sealed class BrowserPage : IAsyncDisposable
{
    private const float DeadlineMs = 20_000;

    private readonly IBrowserContext _context;
    private readonly TempFolder _folder = new();
    private readonly List<string> _misdeeds = [];

    private BrowserPage(IBrowserContext context, IPage page)
    {
        _context = context;
        Page = page;
    }

    public IPage Page { get; }

    /// <summary>What went to the console, was thrown, asked, or requested of anybody.</summary>
    public IReadOnlyList<string> Misdeeds => _misdeeds;

    public static async Task<BrowserPage> OpenAsync(IBrowserContext context, byte[] html)
    {
        var opened = new BrowserPage(context, await context.NewPageAsync());
        await opened.LoadAsync(html);
        return opened;
    }

    /// <summary>What an expression of JavaScript comes to.</summary>
    public Task<T> EvaluateAsync<T>(string expression) => Page.EvaluateAsync<T>(expression);

    public ILocator Section(string id) => Page.Locator($"#{id}");

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        _folder.Dispose();
    }

    private async Task LoadAsync(byte[] html)
    {
        string file = _folder.File("report.html");
        await File.WriteAllBytesAsync(file, html);
        string address = new Uri(file).AbsoluteUri;
        Page.SetDefaultTimeout(DeadlineMs);
        Page.Console += (_, message) => _misdeeds.Add("console: " + message.Text);
        Page.PageError += (_, error) => _misdeeds.Add("error: " + error);
        Page.Request += (_, request) =>
        {
            if (request.Url != address)
                _misdeeds.Add("request: " + request.Url);
        };
        Page.Dialog += (_, dialog) =>
        {
            _misdeeds.Add("dialog: " + dialog.Message);
            _ = dialog.DismissAsync();
        };
        await Page.GotoAsync(address);
    }
}

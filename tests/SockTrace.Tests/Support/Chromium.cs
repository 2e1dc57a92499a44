using Microsoft.Playwright;

namespace SockTrace.Tests.Support;

/// <summary>A browser to open pages in, one for all tests of a class.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private const string Executable = "/usr/bin/chromium";

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(Executable))
            return;
        _playwright = await Playwright.CreateAsync();
        // Chromium has no sandbox for root, whom the live tests need.
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Executable, Args = ["--no-sandbox"] });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>Opens a page from a file. Skips the test where there is no browser, and fails it in CI.</summary>
    internal async Task<BrowserPage> OpenAsync(byte[] html, int width = 1440, ColorScheme scheme = ColorScheme.Light)
    {
        if (_browser is null)
        {
            Assert.SkipWhen(Environment.GetEnvironmentVariable("CI") is null, $"needs {Executable}: make test installs it");
            Assert.Fail($"CI runs the tests of pages, and there is no {Executable}");
        }
        IBrowserContext context = await _browser.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = 900 }, ColorScheme = scheme });
        return await BrowserPage.OpenAsync(context, html);
    }
}

using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SockTrace.Reporting;
using SockTrace.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace SockTrace.Tests.Reporting;

/// <summary>The page of <c>report --format html</c>, in a browser.</summary>
public sealed partial class HtmlReportTests(Chromium chromium) : IClassFixture<Chromium>
{
    /// <summary>Names that would do something, were they more than text. Each says so as <c>hacked</c>.</summary>
    private static readonly string[] HostileNames =
    [
        "<img src=x onerror=hacked=1>",
        "</script><script>hacked=2</script>",
        "\"><svg onload=hacked=3>",
        "\u2028hacked=4//\u2029",
        "{{content}}{{policy}}",
        "<!--<script>",
        "';hacked=5;'",
        "\u202egnp.exe",
        "a\u0000b\u001b[31m",
    ];

    /// <summary>Whether a canvas shows more than grey axes: pixels that have a colour.</summary>
    private const string IsColored = """
        canvas => {
          // Of a copy: a canvas that is read from is treated otherwise from then on.
          const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
          copy.drawImage(canvas, 0, 0);
          const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
          let colored = 0;
          for (let i = 0; i < data.length; i += 4)
            colored += data[i + 3] > 40 && Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 40;
          return colored > 100;
        }
        """;

    [Fact]
    public async Task AllChartsAreThereWhenThePageIs()
    {
        Report report = Busy().Report();
        await using BrowserPage page = await chromium.OpenAsync(HtmlReport.Write(report));
        // Two pools' in their findings and one among the pools, connections and sockets over time, percentiles, and a histogram each.
        Assert.Equal(6 + report.Metrics.Count, await page.Page.Locator("canvas").CountAsync());
        Assert.Empty(await Blank(page));
        Assert.Empty(page.Misdeeds);
    }

    [Fact]
    public async Task WhoBurnsWhichPoolStandsAtTheTop()
    {
        await using BrowserPage page = await chromium.OpenAsync(Busy().Page());
        ILocator first = page.Page.Locator(".finding").First;
        await Expect(first).ToHaveClassAsync("finding critical");
        await Expect(first.Locator("h3")).ToHaveTextAsync("php ran out of ports to 192.0.2.1:3306: 3 connect()s failed");
        string facts = await first.Locator(".facts").InnerTextAsync();
        Assert.Equal(
            "who php toward 192.0.2.1:3306 from 192.0.2.100 taken at most 200 of 200 speed 40.5 /s opened; it bears 3.3 /s runs out it did: 3 connect()s failed",
            Blanks().Replace(facts, " ").Trim());
        Assert.Equal(5, await first.Locator(".advice > li").CountAsync());
        Assert.Empty(page.Misdeeds);
    }

    [Fact]
    public async Task NotesStandAboveAll()
    {
        await using BrowserPage page = await chromium.OpenAsync(new WrittenTrace(filters: "--port 3306").Connection(1, 0.1).Page());
        Assert.Equal("notes", await page.EvaluateAsync<string>("document.querySelector('main > *:not(noscript)').id"));
        await Expect(page.Section("notes")).ToContainTextAsync("was recorded with --port 3306");
        await Expect(page.Section("notes")).ToContainTextAsync("has no end");
        Assert.Empty(page.Misdeeds);
    }

    [Fact]
    public async Task TablesAreSortedByMouseAndByKeyboard()
    {
        await using BrowserPage page = await chromium.OpenAsync(Busy().Page());
        ILocator table = page.Section("by-destination").GetByRole(AriaRole.Table);
        ILocator column = table.GetByRole(AriaRole.Columnheader, new() { Name = "closed", Exact = true });
        ILocator button = column.GetByRole(AriaRole.Button);
        await Expect(column).Not.ToHaveAttributeAsync("aria-sort", new Regex("."));

        await button.ClickAsync();
        await Expect(column).ToHaveAttributeAsync("aria-sort", "descending");
        Assert.Equal(["60", "9", "2"], await table.Locator("tbody tr > :nth-child(2)").AllInnerTextsAsync());

        await button.PressAsync("Enter");
        await Expect(column).ToHaveAttributeAsync("aria-sort", "ascending");
        Assert.Equal(["2", "9", "60"], await table.Locator("tbody tr > :nth-child(2)").AllInnerTextsAsync());

        ILocator names = table.GetByRole(AriaRole.Columnheader, new() { Name = "destination" });
        await names.GetByRole(AriaRole.Button).PressAsync("Space");
        await Expect(names).ToHaveAttributeAsync("aria-sort", "ascending");
        await Expect(column).Not.ToHaveAttributeAsync("aria-sort", new Regex("."));
        // 192.0.2.3 before 192.0.2.20: by number, not by digit.
        Assert.Equal(["192.0.2.1:3306", "192.0.2.3:443", "192.0.2.20:443"], await table.Locator("tbody th").AllInnerTextsAsync());
        Assert.Empty(page.Misdeeds);
    }

    [Fact]
    public async Task WhatIsUnknownStaysBelowWhateverTheOrder()
    {
        await using BrowserPage page = await chromium.OpenAsync(Busy().Page());
        ILocator table = page.Section("pools").GetByRole(AriaRole.Table);
        ILocator button = table.GetByRole(AriaRole.Columnheader, new() { Name = "taken", Exact = true }).GetByRole(AriaRole.Button);
        for (int i = 0; i < 2; i++)
        {
            await button.ClickAsync();
            await Expect(table.Locator("tbody tr").Last.Locator("th")).ToHaveTextAsync("192.0.2.100 → 192.0.2.20:443");
        }
    }

    [Fact]
    public async Task NamesAreTextAndNothingElse()
    {
        var trace = new WrittenTrace(host: HostileNames[0], filters: HostileNames[1], kernel: HostileNames[2]);
        for (int i = 0; i < HostileNames.Length; i++)
            trace.Connection(i, 0.1, comm: HostileNames[i]).PortExhausted(i, rport: 1000 + i, comm: HostileNames[i]);
        trace.Stats(10, ("192.0.2.1", 3306, 199, 150, HostileNames[1]));
        byte[] html = trace.Page("\"><img src=x onerror=hacked=6>.ndjson");
        await using BrowserPage page = await chromium.OpenAsync(html);

        // Everything that unfolds, unfolds; and every cell is made.
        await page.EvaluateAsync<object>("document.querySelectorAll('details').forEach(fold => fold.open = true)");
        foreach (ILocator more in await page.Page.Locator("button.more:visible").AllAsync())
            await more.ClickAsync();
        string[] shown = [.. (await page.Section("by-process").Locator("tbody th").AllInnerTextsAsync()).Order(StringComparer.Ordinal)];
        string[] expected =
        [
            .. HostileNames.Select(name => name.Replace("\u2028", "\\u2028").Replace("\u2029", "\\u2029").Replace("\u202e", "\\u202e").Replace("\0", "\\u0000").Replace("\u001b", "\\u001b"))
                .Order(StringComparer.Ordinal),
        ];
        Assert.Equal(expected, shown);
        await Expect(page.Section("traces")).ToContainTextAsync("\"><img src=x onerror=hacked=6>.ndjson");
        await Expect(page.Section("subject")).ToContainTextAsync(HostileNames[0]);
        await Expect(page.Page).ToHaveTitleAsync("SockTrace report: " + HostileNames[0]);

        Assert.Equal("undefined", await page.EvaluateAsync<string>("typeof hacked"));
        Assert.Equal(0, await page.EvaluateAsync<int>("document.querySelectorAll('img, svg, iframe, object, [onerror], [onload]').length"));
        Assert.Empty(await Blank(page));
        Assert.Empty(page.Misdeeds);
    }

    [Fact]
    public async Task AScriptThatGotInDoesNotRun()
    {
        // Not by any way that is known: this is what the policy is for.
        string html = Encoding.UTF8.GetString(Busy().Page()).Replace("</body>", "<script>hacked = 1</script><img src=x onerror=hacked=2></body>");
        await using BrowserPage page = await chromium.OpenAsync(Encoding.UTF8.GetBytes(html));
        Assert.Equal("undefined", await page.EvaluateAsync<string>("typeof hacked"));
        Assert.Contains(page.Misdeeds, misdeed => misdeed.Contains("Content Security Policy", StringComparison.Ordinal));
        Assert.DoesNotContain(page.Misdeeds, misdeed => misdeed.StartsWith("error", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1440, ColorScheme.Light)]
    [InlineData(1440, ColorScheme.Dark)]
    [InlineData(390, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task ItFitsItsWindowAndCanBeRead(int width, ColorScheme scheme)
    {
        await using BrowserPage page = await chromium.OpenAsync(LongNames().Page(new string('f', 200)), width, scheme);
        string background = await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
        Assert.Equal(scheme == ColorScheme.Dark ? "rgb(15, 19, 25)" : "rgb(244, 246, 249)", background);
        await page.EvaluateAsync<object>("document.querySelectorAll('details').forEach(fold => fold.open = true)");
        await Expect(page.Page.Locator(".finding .body")).ToHaveCountAsync(await page.Page.Locator(".finding").CountAsync());

        Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        // What is cut off does not scroll, and would go unseen: tables have boxes to scroll in.
        Assert.Empty(await page.EvaluateAsync<string[]>("""
            [...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, .skip, .unseen'))
              .filter(e => e.getBoundingClientRect().right > innerWidth + 0.5).map(e => e.outerHTML.slice(0, 200))
            """));
        Assert.Empty(await Pale(page));
        Assert.Empty(await Blank(page));
        Assert.Empty(page.Misdeeds);
    }

    [Fact]
    public async Task TheColorsCanBeChosen()
    {
        await using BrowserPage page = await chromium.OpenAsync(Busy().Page());
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Dark" }).ClickAsync();
        Assert.Equal("rgb(15, 19, 25)", await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Light" }).ClickAsync();
        Assert.Equal("rgb(244, 246, 249)", await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
        Assert.Empty(await Blank(page));
        Assert.Empty(page.Misdeeds);
    }

    [Fact]
    public async Task OnPaperAllIsUnfoldedAndLight()
    {
        await using BrowserPage page = await chromium.OpenAsync(LongNames().Page(), scheme: ColorScheme.Dark);
        int findings = await page.Page.Locator(".finding").CountAsync();
        int unfolded = await page.Page.Locator(".finding .body").CountAsync();
        Assert.True(unfolded < findings, "nothing is folded");

        await page.EvaluateAsync<object>("dispatchEvent(new Event('beforeprint'))");
        Assert.Equal(findings, await page.Page.Locator(".fold[open] .body").CountAsync());
        Assert.Equal("rgb(244, 246, 249)", await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
        Assert.Empty(await Blank(page));

        await page.EvaluateAsync<object>("dispatchEvent(new Event('afterprint'))");
        Assert.Equal(unfolded, await page.Page.Locator(".fold[open]").CountAsync());
        Assert.Equal("rgb(15, 19, 25)", await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
        byte[] sheet = await page.Page.PdfAsync(new() { Format = "A4" });
        Assert.True(sheet.AsSpan().StartsWith("%PDF"u8));
        Assert.Empty(page.Misdeeds);
    }

    [Fact]
    public async Task ABigReportBecomesASmallPage()
    {
        var trace = new WrittenTrace();
        for (int i = 0; i < 500; i++)
            trace.Connection(1 + (i * 0.01), 0.05, raddr: $"198.51.{i / 250}.{i % 250}", comm: $"worker-{i}");
        trace.Stats(8, [.. Enumerable.Range(0, 200).Select(i => ($"198.51.{i / 250}.{i % 250}", 3306, 60 + (i % 100), 50, $"worker-{i}"))]);
        await using BrowserPage page = await chromium.OpenAsync(trace.End(10).Page());
        Assert.InRange(await page.EvaluateAsync<int>("document.querySelectorAll('*').length"), 1000, 5000);

        ILocator destinations = page.Section("by-destination");
        await Expect(destinations.Locator("tbody tr")).ToHaveCountAsync(25);
        await destinations.GetByRole(AriaRole.Searchbox).FillAsync("198.51.1.7");
        // 198.51.1.7, and 70 to 79.
        await Expect(destinations.Locator("tbody tr")).ToHaveCountAsync(11);
        await destinations.GetByRole(AriaRole.Searchbox).FillAsync("nowhere");
        await Expect(destinations.GetByRole(AriaRole.Status)).ToHaveTextAsync("No row matches.");
        await destinations.GetByRole(AriaRole.Searchbox).FillAsync("");
        await destinations.GetByRole(AriaRole.Button, new() { Name = "Show all 500 rows" }).ClickAsync();
        await Expect(destinations.Locator("tbody tr")).ToHaveCountAsync(500);

        await Expect(page.Page.Locator(".finding")).ToHaveCountAsync(10);
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Show all 200 findings" }).ClickAsync();
        await Expect(page.Page.Locator(".finding")).ToHaveCountAsync(200);
        Assert.Empty(page.Misdeeds);
    }

    [Fact]
    public async Task APoolIsShownOverTimeWhenItIsChosen()
    {
        await using BrowserPage page = await chromium.OpenAsync(Busy().Page());
        ILocator chosen = page.Section("pools").Locator(".chosen");
        await Expect(chosen.Locator("h3")).ToHaveTextAsync("192.0.2.100 → 192.0.2.1:3306");
        await page.Section("pools").GetByRole(AriaRole.Button, new() { Name = "192.0.2.100 → 192.0.2.3:443" }).PressAsync("Enter");
        await Expect(chosen.Locator("h3")).ToHaveTextAsync("192.0.2.100 → 192.0.2.3:443");
        await Expect(chosen.Locator("canvas")).ToHaveAttributeAsync("aria-label", new Regex("toward 192.0.2.100 → 192.0.2.3:443: at most 30 of 200, of them 20 in TIME_WAIT"));
        Assert.Empty(await Blank(page));
        Assert.Empty(page.Misdeeds);
    }

    [Fact]
    public async Task CurvesAreOfTheTimesThatAreChecked()
    {
        await using BrowserPage page = await chromium.OpenAsync(Busy().Page());
        ILocator times = page.Section("times");
        foreach (ILocator box in await times.GetByRole(AriaRole.Checkbox).AllAsync())
            await box.UncheckAsync();
        Assert.Equal("times", Assert.Single(await Blank(page)));
        await times.GetByRole(AriaRole.Checkbox, new() { Name = "lifetime in the chart" }).CheckAsync();
        Assert.Empty(await Blank(page));
        Assert.Empty(page.Misdeeds);
    }

    [Fact]
    public async Task OneConnectionAndNothingWrongIsAReportToo()
    {
        await using BrowserPage page = await chromium.OpenAsync(new WrittenTrace().Connection(1, 0.03).End(2).Page());
        await Expect(page.Section("findings")).ToContainTextAsync("None: no pool was near its end");
        await Expect(page.Section("notes")).ToHaveCountAsync(0);
        Assert.Empty(await Blank(page));
        Assert.Empty(page.Misdeeds);
    }

    [Fact]
    public async Task ATraceWithoutConnectionsIsAReportToo()
    {
        await using BrowserPage page = await chromium.OpenAsync(new WrittenTrace().End(1).Page());
        await Expect(page.Section("traces")).ToContainTextAsync("web1");
        Assert.Equal(0, await page.Page.Locator("canvas").CountAsync());
        Assert.Empty(page.Misdeeds);
    }

    [Fact]
    public void ThePageCarriesTheLicenceOfItsChartLibrary()
    {
        string html = Encoding.UTF8.GetString(new WrittenTrace().Connection(1, 0.1).Page());
        Assert.Contains("Chart.js Contributors", html, StringComparison.Ordinal);
        Assert.Contains("The above copyright notice and this permission notice shall be", html, StringComparison.Ordinal);
    }

    [Fact]
    public void TheContentCannotEndItsElement()
    {
        var trace = new WrittenTrace();
        foreach (string name in HostileNames)
            trace.Connection(1, 0.1, comm: name);
        string html = Encoding.UTF8.GetString(trace.Page());
        string content = ContentElement().Match(html).Groups[1].Value;
        Assert.Contains("hacked=2", content, StringComparison.Ordinal);
        Assert.DoesNotContain(content, c => c is '<' or '>' or '&' or '\u2028' or '\u2029');
    }

    /// <summary>A pool that ran out, one that has room but not for ever, and one that nobody looked at.</summary>
    private static WrittenTrace Busy()
    {
        var trace = new WrittenTrace();
        for (int i = 0; i < 60; i++)
            trace.Connection(1 + (i * 0.1), 0.002 * (i + 1));
        for (int i = 0; i < 9; i++)
            trace.Connection(2 + i, 0.5, raddr: "192.0.2.3", rport: 443, comm: "curl");
        trace.Connection(1, 0.1, raddr: "192.0.2.20", rport: 443).Connection(2, 0.1, raddr: "192.0.2.20", rport: 443);
        for (int i = 1; i < 12; i++)
            trace.Stats(i, ("192.0.2.1", 3306, Math.Min(200, i * 40), Math.Min(200, i * 35), "php"), ("192.0.2.3", 443, 30, 20, "curl"));
        for (int i = 0; i < 3; i++)
            trace.PortExhausted(8 + i);
        return trace.End(12);
    }

    private static WrittenTrace LongNames()
    {
        string name = string.Concat(Enumerable.Repeat("no-place-to-break", 15));
        var trace = new WrittenTrace(host: name, filters: name, source: "proc", kernel: name);
        for (int i = 0; i < 8; i++)
            trace.Connection(1 + i, 0.1, rport: 1000 + i, comm: name[..(250 - i)], reason: "refused");
        trace.Connection(1, 0.1, raddr: "2001:db8:1234:5678:9abc:def0:1234:5678", comm: name[..200]);
        for (int i = 5; i < 8; i++)
            trace.Stats(i, ("2001:db8:1234:5678:9abc:def0:1234:5678", 3306, 190, 150, name[..200]), ("192.0.2.1", 1000, 190, 150, name[..250]));
        return trace.End(10);
    }

    /// <summary>The sections of the charts that show nothing.</summary>
    private static Task<string[]> Blank(BrowserPage page) => page.EvaluateAsync<string[]>(
        $"[...document.querySelectorAll('canvas')].filter(canvas => !({IsColored})(canvas)).map(canvas => canvas.closest('section').id)");

    /// <summary>Texts whose contrast is below what WCAG AA asks for, 4.5.</summary>
    private static Task<string[]> Pale(BrowserPage page) => page.EvaluateAsync<string[]>("""
        (() => {
          const numbers = color => color.match(/[\d.]+/g).map(Number);
          const luminance = color => numbers(color).slice(0, 3).map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
            .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
          const behind = e => {
            const color = getComputedStyle(e).backgroundColor;
            return (numbers(color)[3] ?? 1) > 0 || !e.parentElement ? color : behind(e.parentElement);
          };
          return [...document.querySelectorAll('body *')]
            .filter(e => [...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim() !== '') && e.checkVisibility())
            .filter(e => {
              const [a, b] = [luminance(getComputedStyle(e).color), luminance(behind(e))];
              return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
            }).map(e => e.outerHTML.slice(0, 200));
        })()
        """);

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    [GeneratedRegex("""<script type="application/json" id="content">(.*?)</script>""", RegexOptions.Singleline)]
    private static partial Regex ContentElement();
}

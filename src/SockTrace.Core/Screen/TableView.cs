using System.Runtime.InteropServices;
using Spectre.Console;

namespace SockTrace.Screen;

/// <summary>A table that can be sorted by each of its columns, and scrolled.</summary>
internal abstract class TableView<TRow>(Glyphs glyphs) : View
    where TRow : struct
{
    private readonly List<TRow> _rows = [];
    private readonly TopRows _topRows = new();
    private Column<TRow>[] _fitting = [];
    private int _sortedBy = -1;
    private bool _isFalling = true;
    private int _top, _cursor, _height = 1;
    private ulong? _selected;
    private string _filter = "";

    protected abstract IReadOnlyList<Column<TRow>> Columns { get; }

    /// <summary>The column that it is sorted by at first.</summary>
    protected abstract int SortedAtFirstBy { get; }

    public override string Keys => "←→ sort  i invert".Replace("←→", glyphs == Glyphs.Ascii ? "left/right" : "←→", StringComparison.Ordinal);

    /// <summary>What stands where there is no row, and no filter was typed that counts here.</summary>
    protected abstract string NothingText { get; }

    /// <summary>What stands below that, with a filter too.</summary>
    protected virtual string NothingHint => "";

    /// <summary>What the rows are called where a filter leaves none.</summary>
    protected virtual string RowsText => Title.ToLowerInvariant();

    protected abstract void Collect(Snapshot now, List<TRow> rows);

    /// <summary>By which a row is found again, when others have come before it.</summary>
    protected abstract ulong IdentityOf(in TRow row);

    /// <summary>Enter. Where no row is chosen yet it chooses the first that is to be seen.</summary>
    protected abstract void OnChosen(in TRow row);

    public override void Look(Snapshot now)
    {
        _filter = now.Words.On(FilterNames);
        _rows.Clear();
        Collect(now, _rows);
    }

    public override void Draw(Canvas canvas, int top, int bottom)
    {
        Start();
        _fitting = Fit(canvas.Width, out int[] widths);
        DrawHeading(canvas, top, widths);
        _height = Math.Max(1, bottom - top - 1);
        if (_rows.Count > _height)
            _height = Math.Max(1, _height - 1); // the last line says where we are
        if (_rows.Count == 0)
        {
            canvas.Text(1, top + 2, _filter.Length == 0 ? NothingText : $"no {RowsText} match the filter {_filter}", Ink.Dim);
            canvas.Text(1, top + 3, NothingHint, Ink.Dim);
            return;
        }
        _top = Math.Clamp(_top, 0, Math.Max(0, _rows.Count - _height));
        ReadOnlySpan<TRow> rows = CollectionsMarshal.AsSpan(_rows);
        ReadOnlySpan<int> order = _topRows.Of(rows, Columns[_sortedBy].Key, _isFalling, _top + _height);
        FindCursor(rows, order);
        for (int i = _top; i < order.Length; i++)
            DrawRow(canvas, top + 1 + i - _top, rows[order[i]], widths, isSelected: i == _cursor && _selected is not null);
        if (_rows.Count > _height)
            canvas.TextToLeftOf(canvas.Width - 1, bottom - 1, $"{_top + 1}-{order.Length} of {_rows.Count}", Ink.Dim);
    }

    public override bool OnKey(ConsoleKeyInfo key)
    {
        Start();
        switch (key.Key)
        {
            case ConsoleKey.UpArrow:
                return MoveTo(_selected is null ? _top : _cursor - 1);
            case ConsoleKey.DownArrow:
                return MoveTo(_selected is null ? _top : _cursor + 1);
            case ConsoleKey.PageUp:
                _top -= _height;
                return MoveTo(_cursor - _height);
            case ConsoleKey.PageDown:
                _top += _height;
                return MoveTo(_cursor + _height);
            case ConsoleKey.Home:
                return MoveTo(0);
            case ConsoleKey.End:
                return MoveTo(_rows.Count - 1);
            case ConsoleKey.LeftArrow:
                return SortByNext(-1);
            case ConsoleKey.RightArrow:
                return SortByNext(1);
            case ConsoleKey.I:
                _isFalling = !_isFalling;
                return true;
            case ConsoleKey.Enter when _selected is null:
                return MoveTo(_top);
            case ConsoleKey.Enter when _selected is not null && TrySelected(out TRow row):
                OnChosen(row);
                return true;
            default:
                return false;
        }
    }

    public override IEnumerable<string> Export()
    {
        Start();
        return LinesOf([.. _rows], Columns, Columns[_sortedBy], _isFalling);
    }

    private static IEnumerable<string> LinesOf(TRow[] rows, IReadOnlyList<Column<TRow>> columns, Column<TRow> sortedBy, bool isFalling)
    {
        yield return string.Join('\t', columns.Select(column => column.Title));
        foreach (int index in new TopRows().Of<TRow>(rows, sortedBy.Key, isFalling, rows.Length).ToArray())
            yield return string.Join('\t', columns.Select(column => column.Text(rows[index])));
    }

    private void Start()
    {
        if (_sortedBy >= 0)
            return;
        _sortedBy = SortedAtFirstBy;
        _isFalling = Columns[_sortedBy].IsNumber;
    }

    private bool SortByNext(int step)
    {
        // Among those that are to be seen.
        int at = Array.IndexOf(_fitting, Columns[_sortedBy]);
        Column<TRow> next = _fitting.Length == 0 ? Columns[_sortedBy] : _fitting[(Math.Max(0, at) + step + _fitting.Length) % _fitting.Length];
        _sortedBy = Columns.ToList().IndexOf(next);
        _isFalling = next.IsNumber;
        return true;
    }

    private bool MoveTo(int place)
    {
        if (_rows.Count == 0)
            return true;
        _cursor = Math.Clamp(place, 0, _rows.Count - 1);
        _top = Math.Clamp(_top, Math.Max(0, _cursor - _height + 1), _cursor);
        ReadOnlySpan<TRow> rows = CollectionsMarshal.AsSpan(_rows);
        ReadOnlySpan<int> order = _topRows.Of(rows, Columns[_sortedBy].Key, _isFalling, _cursor + 1);
        _selected = IdentityOf(rows[order[_cursor]]);
        return true;
    }

    /// <summary>What is selected may have moved; what has gone leaves its place to the next.</summary>
    private void FindCursor(ReadOnlySpan<TRow> rows, ReadOnlySpan<int> order)
    {
        if (_selected is not ulong selected)
            return;
        for (int i = 0; i < order.Length; i++)
        {
            if (IdentityOf(rows[order[i]]) != selected)
                continue;
            _cursor = i;
            return;
        }
        _cursor = Math.Clamp(_cursor, 0, order.Length - 1);
        _selected = IdentityOf(rows[order[_cursor]]);
    }

    private bool TrySelected(out TRow row)
    {
        foreach (TRow candidate in _rows)
        {
            row = candidate;
            if (IdentityOf(row) == _selected)
                return true;
        }
        row = default;
        return false;
    }

    /// <summary>The columns that there is room for, in their order, and how wide each is.</summary>
    private Column<TRow>[] Fit(int width, out int[] widths)
    {
        int used = -1;
        var kept = new HashSet<Column<TRow>>();
        foreach (Column<TRow> column in Columns.OrderBy(column => column.Rank))
        {
            if (used + 1 + column.Width > width)
                break;
            used += 1 + column.Width;
            kept.Add(column);
        }
        Column<TRow>[] fitting = [.. Columns.Where(kept.Contains)];
        widths = [.. fitting.Select(column => column.Width)];
        foreach (int i in Enumerable.Range(0, fitting.Length).OrderBy(i => fitting[i].GrowsFirst ? -1 : fitting[i].Rank))
        {
            int more = Math.Clamp(width - used, 0, fitting[i].GrowsTo - fitting[i].Width);
            widths[i] += more;
            used += more;
        }
        return fitting;
    }

    private void DrawHeading(Canvas canvas, int y, int[] widths)
    {
        canvas.Paint(y, Ink.Heading);
        int x = 0;
        for (int i = 0; i < _fitting.Length; i++)
        {
            bool isSorted = _fitting[i] == Columns[_sortedBy];
            string title = isSorted ? _fitting[i].Title + (_isFalling ? glyphs.Falling : glyphs.Rising) : _fitting[i].Title;
            x = DrawCell(canvas, x, y, title, _fitting[i], widths[i], isSorted ? Ink.SortedHeading : Ink.Heading);
        }
    }

    private void DrawRow(Canvas canvas, int y, in TRow row, int[] widths, bool isSelected)
    {
        int x = 0;
        for (int i = 0; i < _fitting.Length; i++)
            x = DrawCell(canvas, x, y, _fitting[i].Text(row), _fitting[i], widths[i], _fitting[i].Ink?.Invoke(row) ?? Ink.Plain);
        if (isSelected)
            canvas.Paint(y, Ink.Selected);
    }

    private static int DrawCell(Canvas canvas, int x, int y, string text, Column<TRow> column, int width, Ink ink)
    {
        int length = text.GetCellWidth();
        if (length > width && column.KeepsEnd)
            text = "~" + text[^Math.Min(text.Length, width - 1)..];
        int start = column.IsNumber ? x + Math.Max(0, width - length) : x;
        canvas.TextOrCut(start, y, text, ink, width);
        return x + width + 1;
    }
}

namespace SockTrace.Screen;

/// <summary>One of the pages of the screen.</summary>
internal abstract class View
{
    public abstract string Title { get; }

    /// <summary>The words of a filter that mean something here; none where it is not filtered.</summary>
    public virtual string FilterNames => "";

    /// <summary>What its own keys do, for the last line.</summary>
    public virtual string Keys => "";

    /// <summary>Takes what it shows. Not called while the screen is paused.</summary>
    public abstract void Look(Snapshot now);

    /// <summary>Draws what it has taken.</summary>
    /// <param name="canvas">Blank where it may draw.</param>
    /// <param name="top">The first line.</param>
    /// <param name="bottom">The line after the last.</param>
    public abstract void Draw(Canvas canvas, int top, int bottom);

    /// <returns>Whether the key means something here.</returns>
    public virtual bool OnKey(ConsoleKeyInfo key) => false;

    /// <summary>
    /// All of what it shows now, not just what fits: one line each. What changes is copied at
    /// once; the lines are made, on another thread, as they are asked for.
    /// </summary>
    public virtual IEnumerable<string> Export() => [];
}

namespace SockTrace.Screen;

/// <summary>What a text on the screen is; <see cref="Theme"/> says how that looks.</summary>
internal enum Ink : byte
{
    Plain,

    /// <summary>Less important than what is around it.</summary>
    Dim,

    /// <summary>What to read first.</summary>
    Strong,

    /// <summary>The heading of a table.</summary>
    Heading,

    /// <summary>The column that a table is sorted by.</summary>
    SortedHeading,

    /// <summary>The line that keys act on.</summary>
    Selected,

    /// <summary>The view that is shown.</summary>
    Tab,

    /// <summary>A connection that stands.</summary>
    Good,

    /// <summary>Near its end, or waiting.</summary>
    Warning,

    /// <summary>Failed, or at its end.</summary>
    Alarm,

    /// <summary>What nobody may overlook, on a ground of its own.</summary>
    Banner,

    /// <summary>A bar or a line of a chart.</summary>
    Chart,
}

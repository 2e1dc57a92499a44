namespace SockTrace.Output;

/// <summary>What a file's name asks for.</summary>
internal enum Compression
{
    None,

    /// <summary>RFC 1952, <c>.gz</c>.</summary>
    Gzip,

    /// <summary>RFC 8878, <c>.zst</c>.</summary>
    Zstandard,
}

namespace SockTrace.Reading;

/// <summary>
/// From the names in records to values: length, first and last letter leave one
/// name to compare with.
/// </summary>
internal sealed class NameTable<T>
    where T : struct, Enum
{
    private const int Slots = 64;

    private readonly byte[]?[] _names = new byte[]?[Slots];
    private readonly T[] _values = new T[Slots];

    public NameTable(Func<T, ReadOnlySpan<byte>> nameOf)
    {
        foreach (T value in Enum.GetValues<T>())
        {
            byte[] name = nameOf(value).ToArray();
            int slot = SlotOf(name);
            if (_names[slot] is not null)
                throw new InvalidOperationException("two names have one slot: choose another way to mix them");
            (_names[slot], _values[slot]) = (name, value);
        }
    }

    public bool TryParse(ReadOnlySpan<byte> name, out T value)
    {
        int slot = name.IsEmpty ? 0 : SlotOf(name);
        value = _values[slot];
        return name.Length > 0 && name.SequenceEqual(_names[slot]);
    }

    private static int SlotOf(ReadOnlySpan<byte> name) => ((name.Length * 3) + (name[0] * 6) + name[^1]) & (Slots - 1);
}

using System.Text;
using CsCheck;
using SockTrace.Reading;
using SockTrace.Tests.Support;

namespace SockTrace.Tests.Reading;

/// <summary>Lines of which bytes were flipped, cut out, put in or doubled.</summary>
public sealed class DamagedLineTests
{
    private readonly FastRecordReader _fast = new();
    private readonly JsonRecordReader _json = new();
    private readonly TraceRecord _record = new(), _other = new();

    [Fact]
    public void ADamagedLineIsTakenByBothReadersAlikeOrHasAReason()
    {
        int taken = 0, refused = 0;
        Gen.Int.Sample(seed =>
        {
            var random = new Random(seed);
            foreach (string line in new RandomRecords(random).Lines(200))
            {
                for (int i = 0; i < 10; i++)
                {
                    byte[] damaged = Damage(Encoding.UTF8.GetBytes(line), random);
                    string? fault = _json.Read(damaged, _other);
                    if (_fast.TryRead(damaged, _record))
                    {
                        Assert.True(fault is null, $"{fault}: {Encoding.Latin1.GetString(damaged)}");
                        Assert.Equal(RecordText.Of(_other), RecordText.Of(_record));
                        taken++;
                    }
                    Assert.NotEqual("", fault);
                    refused += fault is null ? 0 : 1;
                }
            }
        }, iter: 100, threads: 1);
        Assert.True(taken > 1000 && refused > 1000, $"{taken} taken, {refused} refused: the damage is too small or too large");
    }

    [Fact]
    public void ALineCutAnywhereIsNoRecord()
    {
        foreach (string line in new RandomRecords(new Random(1)).Lines(100))
        {
            byte[] whole = Encoding.UTF8.GetBytes(line);
            for (int length = 0; length < whole.Length; length++)
            {
                Assert.False(_fast.TryRead(whole.AsSpan(0, length), _record));
                Assert.NotNull(_json.Read(whole.AsSpan(0, length), _record));
            }
        }
    }

    private static byte[] Damage(byte[] line, Random random)
    {
        var bytes = line.ToList();
        for (int damages = random.Next(1, 3); damages > 0 && bytes.Count > 0; damages--)
        {
            int at = random.Next(bytes.Count), length = Math.Min(random.Next(1, 12), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes.RemoveRange(at, length); break;
                case 2: bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count - length + 1), length)); break;
                case 3: bytes.Insert(at, (byte)random.Next(256)); break;
                // Digits for digits: what is well-formed still, and wrong perhaps.
                case 4 when bytes[at] is >= (byte)'0' and <= (byte)'9': bytes[at] = (byte)('0' + random.Next(10)); break;
                default: bytes[at] = "0123456789{}[]\":,\\-+.eE~tfn "u8[random.Next(28)]; break;
            }
        }
        return [.. bytes];
    }
}

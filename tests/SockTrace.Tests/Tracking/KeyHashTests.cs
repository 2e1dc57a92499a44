using SockTrace.Events;
using SockTrace.Tracking;

namespace SockTrace.Tests.Tracking;

public sealed class KeyHashTests
{
    /// <summary>Who has a /64 chooses the half of his address, and with it all that a hash without a secret makes of it.</summary>
    [Fact]
    public void WhoChoosesHisAddressDoesNotChooseItsPlace()
    {
        const int Count = 10_000;
        const ulong Factor = 0x9E3779B97F4A7C15, Prefix = 0x0120;
        ulong inverse = Factor; // of an odd number, by Newton's method
        for (int i = 0; i < 6; i++)
            inverse *= 2 - (Factor * inverse);

        // (first ^ second * Factor) has the same upper and lower half, so their exclusive or is 0.
        int hashes = Enumerable.Range(0, Count).Select(i =>
        {
            ulong halves = ((ulong)(uint)i << 32) | (uint)i;
            var chosen = new IpAddress(Prefix, (halves ^ Prefix) * inverse);
            return KeyHash.Of(chosen, 0, 0);
        }).Distinct().Count();
        Assert.InRange(hashes, Count * 99 / 100, Count);
    }
}

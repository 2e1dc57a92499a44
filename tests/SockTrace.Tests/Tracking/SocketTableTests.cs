using SockTrace.Events;
using SockTrace.Tracking;

namespace SockTrace.Tests.Tracking;

public sealed class SocketTableTests
{
    [Fact]
    public void TheRowsOfANamespaceAreFoundWhateverStandsBetween()
    {
        var random = new Random(1);
        var table = new ConnectionTable(1000);
        var rows = new Dictionary<int, uint>();
        for (ulong sock = 1; sock <= 300; sock++)
        {
            int row = table.Add(sock);
            rows[row] = table.Netnses[row] = (uint)random.Next(4);
            table.States[row] = TcpState.Established;
            if (random.Next(3) == 0)
            {
                int gone = rows.Keys.ElementAt(random.Next(rows.Count));
                rows.Remove(gone);
                table.Remove(gone);
            }
        }
        for (uint netns = 0; netns <= 4; netns++)
        {
            var found = new List<int>();
            for (int row = table.NextIn(netns, 0); row != RowIndex.None; row = table.NextIn(netns, row + 1))
                found.Add(row);
            Assert.Equal(rows.Where(pair => pair.Value == netns).Select(pair => pair.Key).Order(), found);
        }
    }
}

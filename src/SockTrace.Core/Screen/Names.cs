using System.Text;
using SockTrace.Output;
using SockTrace.Tracking;

namespace SockTrace.Screen;

/// <summary>The names of values in records, as text.</summary>
internal static class Names
{
    public static string Of(Role role) => Encoding.ASCII.GetString(RecordNames.Of(role));

    public static string Of(CloseReason reason) => Encoding.ASCII.GetString(RecordNames.Of(reason));

    public static string Of(MiniSocketEnding ending) => Encoding.ASCII.GetString(RecordNames.Of(ending));

    public static string Of(OwnerFrom from) => Encoding.ASCII.GetString(RecordNames.Of(from));
}

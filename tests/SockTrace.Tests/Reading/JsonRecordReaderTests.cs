using System.Text;
using SockTrace.Events;
using SockTrace.Reading;
using SockTrace.Tracking;

namespace SockTrace.Tests.Reading;

public sealed class JsonRecordReaderTests
{
    private const string Ts = "\"ts\":\"2026-11-23T13:22:54.164780616Z\"";

    private readonly JsonRecordReader _reader = new();
    private readonly TraceRecord _record = new();

    [Theory]
    [InlineData("""{"type":"weather","ts":17,"pool":"full","states":[1],"opened":{"a":1},"host":3,"comm":null}""")]
    [InlineData("""{"ts":false,"new":"NOWHERE","type":"weather"}""")]
    [InlineData("""{"type":"weather"}""")]
    public void ATypeThatIsNotKnownIsPassedOverWhateverItsFieldsAre(string line)
    {
        Assert.Null(Fault(line));
        Assert.Equal(RecordType.Unknown, _record.Type);
    }

    [Fact]
    public void AFieldThatItsTypeDoesNotHaveIsPassedOver()
    {
        Assert.Null(Fault($$"""{"type":"state",{{Ts}},"id":"a","new":"CLOSE","host":{"a":[]},"interval_ns":"x","continued":3,"count":-1,"new_field":[[[]]]}"""));
        Assert.Equal((RecordType.State, TcpState.Close), (_record.Type, _record.New));
        Assert.Null(_record.Header);
        Assert.Null(_record.Stats);
        Assert.Null(_record.End);
    }

    [Fact]
    public void TheSameNameMeansWhatItsTypeSays()
    {
        Assert.Null(Fault($$"""{"opened":7,"time_wait":8,{{Ts}},"type":"stats"}"""));
        Assert.Equal((7, 8), (_record.Stats!.Opened, _record.Stats.TimeWait));
        Assert.Null(Fault($$"""{"opened":"1970-01-01T00:00:01.000000000Z",{{Ts}},"type":"conn","id":"~7"}"""));
        Assert.Equal((1_000_000_000, false, ~7ul), (_record.Opened, _record.IdIsCookie, _record.Key));
    }

    [Fact]
    public void NamesMayBeEscaped()
    {
        Assert.Null(Fault($$"""{"t\u0079pe":"\u0073tate",{{Ts}},"\u0069d":"1f","new":"CLO\u0053E","comm":"a\u001b\ud83d\ude00é"}"""));
        Assert.Equal("a\u001b\ud83d\ude00é", Encoding.UTF8.GetString(_record.Comm));
        Assert.Equal((0x1Ful, TcpState.Close), (_record.Id, _record.New));
    }

    [Theory]
    [InlineData("", "not JSON at byte 1")]
    [InlineData("\0\0\0", "not JSON at byte 1")]
    [InlineData("[1]", "not a JSON object")]
    [InlineData("17", "not a JSON object")]
    [InlineData("{}", "no \"type\"")]
    [InlineData("""{"type":17}""", "\"type\" is \"17\", not a text")]
    [InlineData("""{"type":"state","id":"1","new":"CLOSE"}""", "a state record without \"ts\"")]
    [InlineData("""{"type":"state",TS,"new":"CLOSE"}""", "a state record without \"id\"")]
    [InlineData("""{"type":"state",TS,"id":"1"}""", "a state record without \"new\"")]
    [InlineData("""{"type":"header",TS}""", "a header record without \"schema\"")]
    [InlineData("""{"type":"time_wait",TS,"id":"1"}""", "a time_wait record without \"ended\"")]
    [InlineData("""{"type":"lost",TS}""", "a lost record without \"count\"")]
    [InlineData("""{"type":"state",TS,"id":"1","new":"SLEEPING"}""", "\"new\" is \"SLEEPING\", not one of the schema's names")]
    [InlineData("""{"type":"conn",TS,"id":"1","lifetime_ns":-1}""", "\"lifetime_ns\" is \"-1\", not a whole number from 0 to 9223372036854775807")]
    [InlineData("""{"type":"conn",TS,"id":"1","lifetime_ns":1.5}""", "\"lifetime_ns\" is \"1.5\", not a whole number from 0 to 9223372036854775807")]
    [InlineData("""{"type":"conn",TS,"id":"1","lifetime_ns":"5"}""", "\"lifetime_ns\" is \"5\", not a whole number from 0 to 9223372036854775807")]
    [InlineData("""{"type":"conn",TS,"id":"1","lport":70000}""", "\"lport\" is \"70000\", not a whole number from 0 to 65535")]
    [InlineData("""{"type":"conn",TS,"id":"x"}""", "\"id\" is \"x\", not a number in hex")]
    [InlineData("""{"type":"conn",TS,"id":"1","laddr":"1.2.3"}""", "\"laddr\" is \"1.2.3\", not an IP address")]
    [InlineData("""{"type":"conn",TS,"id":"1","states":{"AWAKE":1}}""", "\"states\" is \"AWAKE\", not a TCP state")]
    [InlineData("""{"type":"conn",TS,"id":"1","states":[]}""", "\"states\" is \"[]\", not an object")]
    [InlineData("""{"type":"stats",TS,"pools":[{"opened_per_s":1e999}]}""", "\"opened_per_s\" is \"1e999\", not a number, 0 or more")]
    [InlineData("""{"type":"stats",TS,"pools":[{"taken":-1}]}""", "\"taken\" is \"-1\", not a whole number from 0 to 9223372036854775807")]
    [InlineData("""{"type":"stats",TS,"pools":[{"comm":7}]}""", "\"comm\" is \"7\", not a text")]
    [InlineData("""{"type":"stats",TS,"pools":[7]}""", "\"pools\" is \"7\", not an object")]
    [InlineData("""{"type":"stats",TS,"pools":{}}""", "\"pools\" is \"{}\", not an array of objects")]
    [InlineData("""{"type":"end",TS,"audit":[{"netns":-3}]}""", "\"netns\" is \"-3\", not a whole number from 0 to 4294967295")]
    [InlineData("""{"type":"end",TS,"audit":[{"kernel":[]}]}""", "\"kernel\" is \"[]\", not an object")]
    [InlineData("""{"type":"end",TS,"audit":[{"kernel":{"TW":1.5}}]}""", "\"kernel\" is \"1.5\", not a whole number from 0 to 9223372036854775807")]
    [InlineData("""{"type":"end",TS,"continued":"yes"}""", "\"continued\" is \"yes\", not true or false")]
    [InlineData("""{"type":"conn","ts":"2026-11-23 13:22:54.164780616Z","id":"1"}""", "\"ts\" is \"2026-11-23 13:22:54.164780616Z\", not a time such as 2026-11-23T10:12:13.123456789Z")]
    [InlineData("""{"type":"conn","ts":"\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000.164780616Z","id":"1"}""", null)]
    [InlineData("""{"type":"end",TS} x""", "not JSON at byte 54")]
    [InlineData("""{"type":"conn",TS,"id":"\ud800"}""", "a text that is not UTF-8")]
    public void WhatIsWrongIsQuoted(string line, string? reason)
    {
        string? fault = Fault(line.Replace("TS", Ts, StringComparison.Ordinal));
        Assert.NotNull(fault);
        if (reason is not null)
            Assert.Equal(reason, fault);
    }

    [Fact]
    public void ACounterThatStandsTwiceIsTakenOnce()
    {
        Assert.Null(Fault($$$"""{"type":"end",{{{Ts}}},"audit":[{"netns":1,"kernel":{"TW":1,"TW":2},"trace":{}}],"lost":{"ring":1,"elsewhere":5}}"""));
        Assert.Equal(2, _record.End!.Audit.Single().Kernel["TW"]);
        Assert.Equal([1, 0, 0, 0], _record.End.Lost);
    }

    [Fact]
    public void AProcessNameBeyondAllMeasureIsNone()
    {
        string fault = Fault($$"""{"type":"conn",{{Ts}},"id":"1","comm":"{{new string('x', 300)}}"}""")!;
        Assert.StartsWith("\"comm\" is \"xxx", fault, StringComparison.Ordinal);
        Assert.True(fault.Length < 120, fault);
    }

    [Fact]
    public void NestingWithoutEndIsAReasonAndNoCrash() =>
        Assert.StartsWith("not JSON at byte", Fault("{\"type\":\"x\",\"a\":" + new string('[', 100_000)), StringComparison.Ordinal);

    [Fact]
    public void StatesAreSummedInTheOrderInWhichTheyStand()
    {
        Assert.Null(Fault($$"""{"type":"conn",{{Ts}},"id":"1","states":{"SYN_SENT":1,"ESTABLISHED":2,"SYN_SENT":3},"role":"client"}"""));
        Assert.Equal((2, TcpState.SynSent, 4), (_record.States.Count, _record.States.StateAt(0), _record.States.Ns(TcpState.SynSent)));
        Assert.Equal(Role.Client, _record.Role);
    }

    private string? Fault(string line) => _reader.Read(Encoding.UTF8.GetBytes(line), _record);
}

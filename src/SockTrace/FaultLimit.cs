using SockTrace.Reading;

namespace SockTrace;

/// <summary>Says what is wrong with a trace's lines, up to a number of them: a damaged file may have millions.</summary>
/// <param name="whoCounts">What has their number.</param>
internal sealed class FaultLimit(string whoCounts)
{
    private const int Max = 10;

    private int _said;

    public void Say(TraceFault fault)
    {
        if (_said++ < Max || fault.IsTorn)
            Terminal.Say(fault.ToString());
        else if (_said == Max + 1)
            Terminal.Say($"{fault.File}: there are more such lines; {whoCounts} counts them");
    }
}

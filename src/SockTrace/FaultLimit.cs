using SockTrace.Reading;

namespace SockTrace;

/// <summary>Says what is wrong with a trace's lines, up to a number of them: a damaged file may have millions.</summary>
internal sealed class FaultLimit
{
    private const int Max = 10;

    private int _said;

    public void Say(TraceFault fault)
    {
        if (_said++ < Max || fault.IsTorn)
            Terminal.Say(fault.ToString());
        else if (_said == Max + 1)
            Terminal.Say($"{fault.File}: there are more such lines; the report counts them");
    }
}

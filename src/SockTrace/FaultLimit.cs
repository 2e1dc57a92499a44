using SockTrace.Reading;

namespace SockTrace;

/// <summary>Says what is wrong with a trace's lines, up to a number of them: a damaged file may have millions.</summary>
internal sealed class FaultLimit(int max)
{
    private int _said;

    public void Say(TraceFault fault)
    {
        if (_said++ < max || fault.IsTorn)
            Terminal.Say(fault.ToString());
        else if (_said == max + 1)
            Terminal.Say($"{fault.File}: there are more such lines; the report counts them");
    }
}

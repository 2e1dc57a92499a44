using Microsoft.Win32.SafeHandles;

namespace SockTrace.Bpf;

/// <summary>A <c>struct bpf_link *</c>: a program that runs until this is disposed.</summary>
internal sealed class BpfLinkHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    private readonly BpfObjectHandle _object;

    /// <param name="object">Kept alive as long as the link.</param>
    /// <param name="link">Owned from here on.</param>
    public BpfLinkHandle(BpfObjectHandle @object, nint link)
        : base(ownsHandle: true)
    {
        bool added = false;
        @object.DangerousAddRef(ref added);
        _object = @object;
        SetHandle(link);
    }

    protected override bool ReleaseHandle()
    {
        int rc = LibBpf.bpf_link__destroy(handle);
        _object.DangerousRelease();
        return rc == 0;
    }
}

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SockTrace.Bpf;

/// <summary>
/// libbpf's functions under their own names (/usr/include/bpf/libbpf.h and bpf.h, 1.0 and
/// later): those that return int give -errno, those that return a pointer give null and errno.
/// </summary>
internal static unsafe partial class LibBpf
{
    private const string Library = "libbpf";

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint bpf_object__open_mem(byte* obj_buf, nuint obj_buf_sz, bpf_object_open_opts* opts);

    [LibraryImport(Library)]
    public static partial int bpf_object__load(BpfObjectHandle obj);

    [LibraryImport(Library)]
    public static partial void bpf_object__close(nint obj);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint bpf_object__find_program_by_name(BpfObjectHandle obj, string name);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint bpf_object__find_map_by_name(BpfObjectHandle obj, string name);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint bpf_program__attach(nint prog);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint bpf_program__attach_iter(nint prog, void* opts);

    [LibraryImport(Library)]
    public static partial int bpf_program__set_autoload(nint prog, [MarshalAs(UnmanagedType.I1)] bool autoload);

    [LibraryImport(Library)]
    public static partial int bpf_link__fd(BpfLinkHandle link);

    [LibraryImport(Library)]
    public static partial int bpf_iter_create(int link_fd);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int bpf_prog_load(int prog_type, string prog_name, string license, ulong* insns, nuint insn_cnt,
        bpf_prog_load_opts* opts);

    [LibraryImport(Library)]
    public static partial int bpf_program__fd(nint prog);

    [LibraryImport(Library)]
    public static partial nint bpf_program__section_name(nint prog);

    [LibraryImport(Library)]
    public static partial int bpf_link__destroy(nint link);

    [LibraryImport(Library)]
    public static partial int bpf_map__fd(nint map);

    [LibraryImport(Library)]
    public static partial int bpf_map__set_max_entries(nint map, uint max_entries);

    [LibraryImport(Library)]
    public static partial int bpf_map__set_initial_value(nint map, void* data, nuint size);

    [LibraryImport(Library)]
    public static partial int bpf_map_lookup_elem(int fd, void* key, void* value);

    [LibraryImport(Library)]
    public static partial int bpf_map_update_elem(int fd, void* key, void* value, ulong flags);

    [LibraryImport(Library)]
    public static partial int bpf_obj_get_info_by_fd(int bpf_fd, void* info, uint* info_len);

    [LibraryImport(Library)]
    public static partial int libbpf_num_possible_cpus();

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint ring_buffer__new(
        int map_fd, delegate* unmanaged<void*, void*, nuint, int> sample_cb, void* ctx, void* opts);

    [LibraryImport(Library)]
    public static partial int ring_buffer__poll(RingBufferHandle rb, int timeout_ms);

    [LibraryImport(Library)]
    public static partial int ring_buffer__consume(RingBufferHandle rb);

    [LibraryImport(Library)]
    public static partial int ring_buffer__epoll_fd(RingBufferHandle rb);

    [LibraryImport(Library)]
    public static partial void ring_buffer__free(nint rb);

    [LibraryImport(Library)]
    public static partial nint libbpf_set_print(delegate* unmanaged<int, byte*, void*, int> fn);

    /// <param name="ev">The events, then the data, which begin at the next 4 or 8 bytes by architecture.</param>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int epoll_ctl(int epfd, int op, int fd, uint* ev);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint mmap(nint addr, nuint length, int prot, int flags, SafeFileHandle fd, nint offset);

    [LibraryImport("libc")]
    public static partial int munmap(void* addr, nuint length);

    [LibraryImport("libc")]
    public static partial int vsnprintf(byte* str, nuint size, byte* format, void* ap);

    /// <exception cref="BpfException"><paramref name="rc"/> is negative.</exception>
    public static int ThrowIfError(int rc, string operation) =>
        rc >= 0 ? rc : throw new BpfException(operation, -rc);

    /// <exception cref="BpfException"><paramref name="pointer"/> is null; errno says why.</exception>
    public static nint ThrowIfNull(nint pointer, string operation) =>
        pointer != 0 ? pointer : throw new BpfException(operation, Marshal.GetLastPInvokeError());

    /// <summary>The head of struct bpf_object_open_opts; libbpf goes by <see cref="sz"/>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct bpf_object_open_opts
    {
        public nuint sz;
        public byte* object_name;
    }

    /// <summary>The head of struct bpf_prog_load_opts; libbpf goes by <see cref="sz"/>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct bpf_prog_load_opts
    {
        public nuint sz;
        public int attempts;
        public int expected_attach_type;
        public uint prog_btf_fd;
        public uint prog_flags;
        public uint prog_ifindex;
        public uint kern_version;
        public uint attach_btf_id;
    }

    /// <summary>What is needed of struct bpf_prog_info (include/uapi/linux/bpf.h).</summary>
    [StructLayout(LayoutKind.Explicit, Size = 216)]
    public struct bpf_prog_info
    {
        [FieldOffset(208)]
        public ulong recursion_misses;
    }
}

using System.Runtime.InteropServices;

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

    [LibraryImport(Library)]
    public static partial int bpf_program__fd(nint prog);

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

    /// <summary>What is needed of struct bpf_prog_info (include/uapi/linux/bpf.h).</summary>
    [StructLayout(LayoutKind.Explicit, Size = 216)]
    public struct bpf_prog_info
    {
        [FieldOffset(208)]
        public ulong recursion_misses;
    }
}

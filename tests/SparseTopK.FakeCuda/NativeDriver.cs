using System.Runtime.InteropServices;
using System.Text;

namespace SparseTopK.FakeCuda;

/// <summary>The half in C: loads it, and answers it.</summary>
internal static unsafe class NativeDriver
{
    private static KernelLibraries? _libraries;
    private static IntPtr _handle;

    /// <summary>Loads the driver, and with it everything that will be looked up as libcuda.so or libcuda.so.1.</summary>
    public static void Load(string folder, KernelLibraries libraries)
    {
        _libraries = libraries;
        _handle = NativeLibrary.Load(Path.Combine(folder, "libcuda.so.1"));
        NativeLibrary.Load(Path.Combine(folder, "libcuda.so"));
        var translator = new Translator { Translate = &Translate, Entry = &Entry, Launched = &Launched, Failed = &Failed };
        ((delegate* unmanaged<Translator*, void>)NativeLibrary.GetExport(_handle, "standin_connect"))(&translator);
    }

    public static void AllowHostPointers(bool allowed) =>
        ((delegate* unmanaged<int, void>)NativeLibrary.GetExport(_handle, "standin_host_pointers"))(allowed ? 1 : 0);

    public static (long Read, long Written) TrafficOf(IntPtr address)
    {
        long read, written;
        ((delegate* unmanaged<IntPtr, long*, long*, void>)NativeLibrary.GetExport(_handle, "standin_traffic"))(address, &read, &written);
        return (read, written);
    }

    [UnmanagedCallersOnly]
    private static int Translate(byte* ptx, int contracts, Kernel* kernel)
    {
        try
        {
            var text = Marshal.PtrToStringUTF8((IntPtr)ptx)!;
            var (id, translated) = _libraries!.Translate(StandIn.Rewrite?.Invoke(text) ?? text, contracts != 0);
            var parameters = translated.Kernel.Parameters;
            if (parameters.Count > Kernel.MostParameters)
            {
                throw new NotSupportedException($"{translated.Kernel.Name} has more than {Kernel.MostParameters} parameters.");
            }

            *kernel = new()
            {
                Id = id,
                Parameters = parameters.Count,
                ParameterBytes = translated.Kernel.ParameterBytes,
                SharedBytes = translated.SharedBytes,
                LocalBytes = translated.LocalBytes,
                Synchronizes = translated.Synchronizes ? 1 : 0,
            };
            for (var i = 0; i < parameters.Count; i++)
            {
                (kernel->Offset[i], kernel->Size[i]) = (parameters[i].Offset, parameters[i].Bytes);
            }

            Copy(translated.Kernel.Name, new(kernel->Name, Kernel.NameBytes));
            return 0;
        }
#pragma warning disable CA1031 // Nothing may be thrown through C.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Copy(error.Message, new(kernel->Error, Kernel.ErrorBytes));
            return 1;
        }
    }

    [UnmanagedCallersOnly]
    private static IntPtr Entry(Kernel* kernel)
    {
        try
        {
            return _libraries!.EntryOf(kernel->Id);
        }
#pragma warning disable CA1031 // Nothing may be thrown through C.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Copy(error.Message, new(kernel->Error, Kernel.ErrorBytes));
            return 0;
        }
    }

    [UnmanagedCallersOnly]
    private static void Launched(LaunchRecord* record) => StandIn.Report(new KernelLaunch(
        Marshal.PtrToStringUTF8((IntPtr)record->Name)!, (long)record->Grid[0] * record->Grid[1] * record->Grid[2],
        (int)(record->Block[0] * record->Block[1] * record->Block[2]), (long)record->BytesRead, (long)record->BytesWritten));

    [UnmanagedCallersOnly]
    private static void Failed(int code, byte* message) => StandIn.Report(new DriverError(code, Marshal.PtrToStringUTF8((IntPtr)message)!));

    private static void Copy(string text, Span<byte> destination)
    {
        destination.Clear();
        var bytes = Encoding.UTF8.GetBytes(text);
        bytes.AsSpan(0, Math.Min(bytes.Length, destination.Length - 1)).CopyTo(destination);
    }

    /// <summary>Kernel of driver.h.</summary>
    private struct Kernel
    {
        public const int MostParameters = 64;
        public const int NameBytes = 256;
        public const int ErrorBytes = 1024;

        public int Id;
        public int Parameters;
        public int ParameterBytes;
        public int SharedBytes;
        public int LocalBytes;
        public int Synchronizes;
        public fixed int Offset[MostParameters];
        public fixed int Size[MostParameters];
        public fixed byte Name[NameBytes];
        public fixed byte Error[ErrorBytes];
    }

#pragma warning disable CS0649 // C writes it.
    /// <summary>LaunchRecord of driver.h.</summary>
    private struct LaunchRecord
    {
        public fixed byte Name[Kernel.NameBytes];
        public fixed uint Grid[3];
        public fixed uint Block[3];
        public ulong BytesRead;
        public ulong BytesWritten;
    }
#pragma warning restore CS0649

    /// <summary>Translator of driver.h.</summary>
    private struct Translator
    {
        public delegate* unmanaged<byte*, int, Kernel*, int> Translate;
        public delegate* unmanaged<Kernel*, IntPtr> Entry;
        public delegate* unmanaged<LaunchRecord*, void> Launched;
        public delegate* unmanaged<int, byte*, void> Failed;
    }
}

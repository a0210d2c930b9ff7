using System.Runtime.InteropServices;

namespace SparseTopK.FakeCuda;

/// <summary>A stand-in for NVIDIA's driver: CUDA kernels run on this processor, and whatever a GPU would not forgive is an error.</summary>
/// <remarks>README.md says what it does and what it does not promise.</remarks>
public static class StandIn
{
    /// <summary>"off": it is never used. "required": tests fail, not skip, where it cannot be had.</summary>
    public const string Switch = "SPARSETOPK_FAKECUDA";

    private static readonly Lazy<string?> Installed = new(InstallOnce);
    private static Toolchain? _toolchain;

    /// <summary>Is told of every launch that ended well.</summary>
    public static event Action<KernelLaunch>? Launched;

    /// <summary>Is told of every error, also where the caller does not look at the code.</summary>
    public static event Action<DriverError>? Failed;

    /// <summary>Whether tests must not be skipped for want of it.</summary>
    public static bool IsRequired => Environment.GetEnvironmentVariable(Switch) == "required";

    /// <summary>From the first call on, this process finds the stand-in wherever it looks for the driver.</summary>
    /// <returns>Why it does not, or null. A real device goes first.</returns>
    public static string? Install() => Installed.Value;

    /// <summary>Whether kernels may use memory of the host as if it were the device's. Memory of the device is still checked.</summary>
    public static void AllowHostPointers(bool allowed)
    {
        if (Install() is { } reason)
        {
            throw new NotSupportedException(reason);
        }

        NativeDriver.AllowHostPointers(allowed);
    }

    /// <summary>How many bytes kernels have read and written of the device memory that holds an address, since it was allocated.</summary>
    public static (long Read, long Written) TrafficOf(IntPtr address) => NativeDriver.TrafficOf(address);

    /// <summary>Changes PTX before it is translated: puts faults into kernels, to see that they are seen.</summary>
    internal static Func<string, string>? Rewrite { get; set; }

    internal static void Report(KernelLaunch launch) => Launched?.Invoke(launch);

    internal static void Report(DriverError error) => Failed?.Invoke(error);

    private static string? InstallOnce()
    {
        if (WhyNot() is { } reason)
        {
            return reason;
        }

        try
        {
            _toolchain = new();
            NativeDriver.Load(_toolchain.BuildDriver(), new KernelLibraries(_toolchain));
            return null;
        }
        catch (ToolchainException error)
        {
            return error.Message;
        }
    }

    private static string? WhyNot()
    {
        if (Environment.GetEnvironmentVariable(Switch) == "off")
        {
            return $"{Switch} is off.";
        }

        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return "The stand-in for CUDA needs Linux on x86-64.";
        }

        // NVIDIA's driver makes the first, that of Windows shows the second to its Linux guests.
        return File.Exists("/dev/nvidiactl") || File.Exists("/dev/dxg") ? "There is a real device." : null;
    }
}

/// <summary>A launch of a kernel.</summary>
/// <param name="Kernel">Its name in PTX.</param>
/// <param name="Grid">Blocks, in all.</param>
/// <param name="Block">Threads of each.</param>
/// <param name="BytesRead">What all threads read of global memory.</param>
/// <param name="BytesWritten">What all threads wrote to global memory.</param>
public sealed record KernelLaunch(string Kernel, long Grid, int Block, long BytesRead, long BytesWritten);

/// <summary>What the driver did not accept.</summary>
/// <param name="Code">CUDA's.</param>
/// <param name="Message">What it was.</param>
public sealed record DriverError(int Code, string Message);

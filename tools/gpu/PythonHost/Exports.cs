using System.Runtime.InteropServices;
using System.Text;
using SparseTopK.Kernels;

namespace PythonHost;

/// <summary>What Python calls. Each function returns 0, or the length of an error's text in UTF-8, which <see cref="Error"/> then copies.</summary>
/// <remarks>Addresses are of device memory in the primary context; rows are contiguous; entries have 16 (binary16), 32 or 64 bits. Whoever calls keeps
/// the memory until the stream has run what was queued.</remarks>
public static unsafe class Exports
{
    private static readonly Dictionary<int, GpuTopK> Devices = [];

    [ThreadStatic]
    private static byte[]? _error;

    /// <summary>Prepares a device. Again, it does nothing.</summary>
    [UnmanagedCallersOnly]
    public static int Open(int device) => Try(() => Of(device));

    /// <param name="parameters">The rows and the parameters.</param>
    /// <param name="x">The scores.</param>
    /// <param name="y">Where the mask goes.</param>
    /// <param name="thresholds">float64, one for each row; or 0.</param>
    [UnmanagedCallersOnly]
    public static int Mask(Parameters* parameters, nint x, nint y, nint thresholds) =>
        Run(*parameters, new MaskForward(x, y, thresholds));

    /// <param name="parameters">The rows and the parameters.</param>
    /// <param name="y">The mask.</param>
    /// <param name="gradOutput">The gradient of the loss with respect to it.</param>
    /// <param name="destination">Where the gradient with respect to the scores goes.</param>
    [UnmanagedCallersOnly]
    public static int MaskVjp(Parameters* parameters, nint y, nint gradOutput, nint destination) =>
        Run(*parameters, new MaskVjp(y, gradOutput, destination));

    /// <param name="parameters">The rows and the parameters.</param>
    /// <param name="x">The entries.</param>
    /// <param name="z">Where the entries that are kept go.</param>
    /// <param name="thresholds">float64, one for each row.</param>
    [UnmanagedCallersOnly]
    public static int Magnitude(Parameters* parameters, nint x, nint z, nint thresholds) =>
        Run(*parameters, new MagnitudeForward(x, z, thresholds));

    /// <param name="parameters">The rows and the parameters.</param>
    /// <param name="x">The entries.</param>
    /// <param name="thresholds">Of the forward pass.</param>
    /// <param name="gradOutput">The gradient of the loss with respect to its result.</param>
    /// <param name="destination">Where the gradient with respect to x goes.</param>
    [UnmanagedCallersOnly]
    public static int MagnitudeVjp(Parameters* parameters, nint x, nint thresholds, nint gradOutput, nint destination) =>
        Run(*parameters, new MagnitudeVjp(x, thresholds, gradOutput, destination));

    /// <summary>Copies the text of this thread's last error.</summary>
    /// <returns>How many bytes were copied.</returns>
    [UnmanagedCallersOnly]
    public static int Error(byte* text, int capacity)
    {
        var length = Math.Min(capacity, _error?.Length ?? 0);
        _error?.AsSpan(0, length).CopyTo(new(text, length));
        return length;
    }

    /// <summary>Ends all devices.</summary>
    [UnmanagedCallersOnly]
    public static int Close() => Try(() =>
    {
        lock (Devices)
        {
            foreach (var gpu in Devices.Values)
            {
                gpu.Dispose();
            }

            Devices.Clear();
        }
    });

    private static GpuTopK Of(int device)
    {
        lock (Devices)
        {
            ref var gpu = ref CollectionsMarshal.GetValueRefOrAddDefault(Devices, device, out _);
            return gpu ??= GpuTopK.ForCudaDevice(device);
        }
    }

    private static int Run<TOperation>(Parameters parameters, TOperation operation)
        where TOperation : IOperation => Try(() => ByType(parameters, operation));

    private static void ByType<TOperation>(in Parameters parameters, TOperation operation)
        where TOperation : IOperation
    {
        var gpu = Of(parameters.Device);
        switch (parameters.Bits)
        {
            case 16:
                operation.Run<Half>(gpu, parameters);
                break;
            case 32:
                operation.Run<float>(gpu, parameters);
                break;
            case 64:
                operation.Run<double>(gpu, parameters);
                break;
            default:
                throw new NotSupportedException($"Entries of {parameters.Bits} bits.");
        }
    }

    private static int Try(Action action)
    {
        try
        {
            action();
            return 0;
        }
#pragma warning disable CA1031 // An exception must not cross into Python; its text does.
        catch (Exception problem)
#pragma warning restore CA1031
        {
            _error = Encoding.UTF8.GetBytes(problem.ToString());
            return Math.Max(1, _error.Length);
        }
    }
}

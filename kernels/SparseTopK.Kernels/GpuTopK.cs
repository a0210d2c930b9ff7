using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.OpenCL;

namespace SparseTopK.Kernels;

/// <summary>The operators on an ILGPU accelerator: CUDA, OpenCL with float64, or ILGPU's own simulation on the CPU.</summary>
/// <remarks>
/// <para>So far it has one: the vector-Jacobian product of the mask. The forward passes are in the core only.</para>
/// <para>A kernel is compiled at its first use and kept. Launches return at once, in the order of their stream: synchronize the stream
/// before reading a result. An instance may be used from one thread at a time.</para>
/// <para>Sums are in float64 whatever the type. They are added in an order that depends on the device, so that results agree with the
/// core's to rounding, not to the bit.</para>
/// </remarks>
public sealed class GpuTopK : IDisposable
{
    private readonly LoadedKernel<MaskVjpKernel.Launcher<float>> _maskVjpSingle;
    private readonly LoadedKernel<MaskVjpKernel.Launcher<double>> _maskVjpDouble;

    /// <summary>Prepares the operators for an accelerator. It stays the caller's: dispose of this first.</summary>
    /// <exception cref="ArgumentNullException">accelerator is null.</exception>
    /// <exception cref="NotSupportedException">The OpenCL device has no float64.</exception>
    public GpuTopK(Accelerator accelerator)
    {
        ArgumentNullException.ThrowIfNull(accelerator);
        if (accelerator.Capabilities is CLCapabilityContext { Float64: false })
        {
            throw new NotSupportedException($"The device {accelerator.Name} has no float64, which every kernel needs for its sums.");
        }

        Accelerator = accelerator;
        _maskVjpSingle = new(accelerator, MaskVjpKernel.Run<float, SingleElement>);
        _maskVjpDouble = new(accelerator, MaskVjpKernel.Run<double, DoubleElement>);
    }

    /// <summary>The accelerator that the kernels run on.</summary>
    public Accelerator Accelerator { get; }

    /// <summary>The vector-Jacobian product of each row of the mask, from the mask itself.</summary>
    /// <param name="y">The mask: rows of n entries.</param>
    /// <param name="gradOutput">The gradient g of a loss with respect to y.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="norm">The regularizer of the forward pass; p is at most 2.</param>
    /// <param name="destination">The gradient with respect to x. It may be y or gradOutput itself.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <remarks>
    /// <para>With d_i = y_i^(2-p)/(lambda (p-1)) on the free set 0 &lt; y_i &lt; 1, elsewhere 0:
    /// <c>destination_i = d_i (g_i - sum_j d_j g_j / sum_j d_j)</c>, and 0 in a row without a free entry. A row with a NaN in y is all
    /// NaN. What overflows is clamped to the type's range. It is <c>TopKMask.Vjp</c> of the core.</para>
    /// <para>Cost: O(n) per row, two passes; one group of threads per row, and no scratch memory.</para>
    /// <para>Source: Sander et al., ICML 2023, arXiv:2302.01425, section 4.</para>
    /// </remarks>
    /// <exception cref="ArgumentException">A length does not match, n is negative, the norm is none or has p above 2, a view or the
    /// stream belongs to another accelerator, or destination overlaps an input with a shift. The exception names the argument.</exception>
    /// <exception cref="ObjectDisposedException">This instance was disposed of.</exception>
    public void MaskVjp(
        ArrayView<float> y, ArrayView<float> gradOutput, int n, PNorm norm, ArrayView<float> destination, AcceleratorStream? stream = null) =>
        MaskVjpKernel.Launch(Accelerator, _maskVjpSingle.Launcher, y, gradOutput, n, norm, destination, stream);

    /// <inheritdoc cref="MaskVjp(ArrayView{float}, ArrayView{float}, int, PNorm, ArrayView{float}, AcceleratorStream)"/>
    public void MaskVjp(
        ArrayView<double> y, ArrayView<double> gradOutput, int n, PNorm norm, ArrayView<double> destination, AcceleratorStream? stream = null) =>
        MaskVjpKernel.Launch(Accelerator, _maskVjpDouble.Launcher, y, gradOutput, n, norm, destination, stream);

    /// <summary>Releases the kernels; not the accelerator. Launches must have finished: synchronize first.</summary>
    public void Dispose()
    {
        _maskVjpSingle.Dispose();
        _maskVjpDouble.Dispose();
    }
}

using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>A tensor's memory as a span. The tensor must be contiguous and on the CPU, and must outlive the span.</summary>
internal static class TensorSpans
{
    /// <summary>The entries from the tensor's own first one (a view's storage offset is counted in).</summary>
    public static Span<T> Span<T>(this Tensor tensor)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(tensor.bytes);

    /// <summary>The same, and empty where there is no tensor.</summary>
    public static Span<T> SpanOrEmpty<T>(this Tensor? tensor)
        where T : unmanaged => tensor is null ? [] : tensor.Span<T>();

    /// <summary>The tensor itself if its memory can be read as it is, which spares a handle, else a copy whose memory can.</summary>
    /// <remarks>A view such as the imaginary part of a conjugate is negated only when torch reads it. The memory holds the other sign.</remarks>
    public static Tensor Dense(this Tensor tensor) =>
        !tensor.is_contiguous() ? tensor.contiguous() : tensor.is_neg() ? tensor.resolve_neg() : tensor;
}

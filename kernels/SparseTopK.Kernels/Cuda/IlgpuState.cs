using System.Reflection;
using ILGPU.Runtime;

namespace SparseTopK.Kernels.Cuda;

/// <summary>What ILGPU keeps to itself, and must be set from outside to work in a context that it has not made.</summary>
/// <remarks>The package is pinned to the version of ILGPU of which this is known to be enough: an accelerator reads its CUDA context from
/// <see cref="Accelerator.NativePtr"/> alone, and binds itself to a thread only where <see cref="Accelerator.Current"/> is another.</remarks>
internal static class IlgpuState
{
    private static readonly Lazy<Action<Accelerator, nint>> ContextSetter =
        new(() => Setter(nameof(Accelerator.NativePtr), BindingFlags.Instance).CreateDelegate<Action<Accelerator, nint>>());

    private static readonly Lazy<Action<Accelerator?>> CurrentSetter =
        new(() => Setter(nameof(Accelerator.Current), BindingFlags.Static).CreateDelegate<Action<Accelerator?>>());

    /// <summary>The context in which an accelerator works.</summary>
    public static void SetContext(Accelerator accelerator, nint context) => ContextSetter.Value(accelerator, context);

    /// <summary>The accelerator that ILGPU takes for the current one of this thread, without a call of the driver.</summary>
    public static void SetCurrent(Accelerator? accelerator) => CurrentSetter.Value(accelerator);

    private static MethodInfo Setter(string property, BindingFlags kind) =>
        typeof(Accelerator).GetProperty(property, kind | BindingFlags.Public)?.GetSetMethod(nonPublic: true)
        ?? throw new NotSupportedException(
            $"ILGPU {typeof(Accelerator).Assembly.GetName().Version} has no setter of Accelerator.{property}, by which its CUDA accelerator is put into "
            + "the device's primary context.");
}

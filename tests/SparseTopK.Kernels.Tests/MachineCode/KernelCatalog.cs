using SparseTopK.Differentiation;
using SparseTopK.Internals;
using SparseTopK.Kernels.Products;
using SparseTopK.Kernels.Teams;
using SparseTopK.Kernels.Thresholding;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels.Tests.MachineCode;

/// <summary>The kernels of the top-k operators as CUDA devices are given them, with names for a report.</summary>
internal static class KernelCatalog
{
    public static IEnumerable<(string Name, Delegate Kernel)> All =>
        [.. Forward<float, SingleElement>("f32"), .. Forward<double, DoubleElement, MagnitudeOperator, RealPower>("f64 magnitude any p"), .. Products()];

    private static IEnumerable<(string Name, Delegate Kernel)> Forward<T, TElement>(string type)
        where T : unmanaged
        where TElement : struct, IElement<T> =>
    [
        .. Forward<T, TElement, MaskOperator, FirstPower>($"{type} mask p=2"),
        .. Forward<T, TElement, MaskOperator, ThirdPower>($"{type} mask p=4/3"),
        .. Forward<T, TElement, MaskOperator, RealPower>($"{type} mask any p"),
        .. Forward<T, TElement, MagnitudeOperator, FirstPower>($"{type} magnitude p=2"),
        .. Forward<T, TElement, MagnitudeOperator, ThirdPower>($"{type} magnitude p=4/3"),
        .. Forward<T, TElement, MagnitudeOperator, RealPower>($"{type} magnitude any p"),
    ];

    private static IEnumerable<(string Name, Delegate Kernel)> Forward<T, TElement, TOperator, TPower>(string what)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TOperator : struct, ITopKOperator
        where TPower : unmanaged, IScalarPower =>
    [
        ($"held rows by threads, {what}", HeldForwardKernel.Run<T, TElement, TOperator, TPower, ThreadTeam>),
        ($"held rows by lanes, {what}", HeldForwardKernel.Run<T, TElement, TOperator, TPower, LaneTeam<EightLanes>>),
        ($"held rows by warps, {what}", HeldForwardKernel.Run<T, TElement, TOperator, TPower, WarpTeam>),
        ($"rows by warps, {what}", RowForwardKernel.Run<T, TElement, TOperator, TPower, WarpTeam, SharedColumns>),
        ($"long rows: start, {what}", LongForwardKernels.Start<T, TElement, TOperator, TPower, WarpTeam>),
        ($"long rows: step, {what}", LongForwardKernels.Step<T, TElement, TOperator, TPower, WarpTeam>),
        ($"long rows: finish, {what}", LongForwardKernels.Finish<T, TElement, TOperator, TPower, WarpTeam>),
        ($"long rows: write, {what}", LongForwardKernels.Write<T, TElement, TOperator, TPower, WarpTeam>),
    ];

    private static IEnumerable<(string Name, Delegate Kernel)> Products() =>
    [
        .. Products<MaskJacobian<FirstPower>>("mask p=2"),
        .. Products<MaskJacobian<RealPower>>("mask any p"),
        .. Products<MagnitudeJacobian<FirstPower, VectorJacobian>>("magnitude p=2"),
        .. Products<MagnitudeJacobian<RealPower, VectorJacobian>>("magnitude any p"),
    ];

    private static IEnumerable<(string Name, Delegate Kernel)> Products<TJacobian>(string what)
        where TJacobian : unmanaged, IJacobian<TJacobian> =>
    [
        ($"product by lanes, f32 {what}", RowProductKernel.Run<float, SingleElement, TJacobian, LaneTeam<EightLanes>>),
        ($"product by threads, f32 {what}", RowProductKernel.Run<float, SingleElement, TJacobian, ThreadTeam>),
        ($"product by warps, f32 {what}", RowProductKernel.Run<float, SingleElement, TJacobian, WarpTeam>),
        ($"long product: sum, f32 {what}", LongProductKernels.Sum<float, SingleElement, TJacobian, WarpTeam>),
        ($"long product: apply, f32 {what}", LongProductKernels.Apply<float, SingleElement, TJacobian, WarpTeam>),
    ];
}
